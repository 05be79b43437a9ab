/** By which seed a sample was drawn, who chose it, and whether the log did where that is said. */
import type { Inspection } from '@countersign/contract';
import { Icon, useTheme2 } from '@grafana/ui';
import { useRootCheck } from '../audit/use-root-check';
import { t } from '../parts/i18n';

export function Seed({ inspection: { seed, announced, drawn_by } }: { inspection: Inspection }) {
  return (
    <p style={{ overflowWrap: 'anywhere' }}>
      {t('inspection.seed', 'Seed: {{seed}}', { seed })}
      <br />
      {announced === null ? (
        t('inspection.seed-chosen', 'Chosen by {{name}}.', { name: drawn_by.name })
      ) : (
        <OfLog seed={seed} announced={announced} />
      )}
    </p>
  );
}

function OfLog({ seed, announced }: { seed: string; announced: number }) {
  const theme = useTheme2();
  const root = useRootCheck(announced + 1, seed);
  if (root.isError) {
    return t('inspection.seed-unchecked', 'It is said to be the root of the log; that could not be checked: {{why}}', {
      why: root.error.message,
    });
  }
  if (root.data === undefined) return t('inspection.seed-checking', 'Checking that nobody chose it …');
  if (!root.data) {
    return (
      <span style={{ color: theme.colors.error.text }} data-testid="seed-broken">
        <Icon name="exclamation-triangle" />{' '}
        {t('inspection.seed-broken', 'It is not the root of the log at record {{announced}}: somebody chose it.', {
          announced,
        })}
      </span>
    );
  }
  return (
    <span data-testid="seed-of-log">
      <Icon name="check-circle" style={{ color: theme.colors.success.text }} />{' '}
      {t(
        'inspection.seed-of-log',
        'Checked in this browser: it is the root of the log when record {{announced}} announced it, so nobody chose it.',
        { announced },
      )}
    </span>
  );
}
