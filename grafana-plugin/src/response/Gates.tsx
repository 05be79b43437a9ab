/** What the policy asks before a version may take its next step, and what was said when it was asked. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { ModelVersionState } from '@countersign/contract';
import { Icon, useStyles2 } from '@grafana/ui';
import { t } from '../parts/i18n';
import { ago, signalText } from '../parts/words';

type Gate = ModelVersionState['gates'][number];

export function Gates({ version, now }: { version: ModelVersionState; now: number }) {
  const styles = useStyles2(getStyles);
  const { gates, gates_asked_at: askedAt } = version;
  if (gates.length === 0) return null;
  return (
    <div className={styles.gates} data-testid="gates">
      <ul aria-label={t('response.gates.name', 'Gates before the next step')}>
        {gates.map(({ gate, result }) => (
          <li key={JSON.stringify(gate)}>
            {result === null ? (
              <Icon name="question-circle" title={t('response.gates.unasked', 'not asked')} />
            ) : result.passed ? (
              <Icon name="check-circle" className={styles.good} title={t('response.gates.passed', 'lets it pass')} />
            ) : (
              <Icon
                name="exclamation-triangle"
                className={styles.bad}
                title={t('response.gates.refused', 'does not let it pass')}
              />
            )}{' '}
            {gateText(gate)}
            {result !== null && !result.passed && `: ${result.reason}`}
          </li>
        ))}
      </ul>
      <p>
        {askedAt === null
          ? t('response.gates.ask', 'They are asked by countersign gate, as CI does with its reports.')
          : t('response.gates.asked', 'Asked {{ago}}.', { ago: ago(askedAt, now) })}
      </p>
    </div>
  );
}

function gateText({ signal, subject, report, metric, at_most: atMost, at_least: atLeast }: Gate['gate']): string {
  const what =
    signal === undefined ? `${report ?? ''} ${metric ?? ''}`.trim() : signalText(signal, subject ?? null, {});
  const bounds = [
    ...(atLeast === undefined ? [] : [t('response.gates.at-least', 'at least {{bound}}', { bound: atLeast })]),
    ...(atMost === undefined ? [] : [t('response.gates.at-most', 'at most {{bound}}', { bound: atMost })]),
  ];
  return [what, ...bounds].join(', ');
}

const getStyles = (theme: GrafanaTheme2) => ({
  gates: css({
    width: '100%',
    color: theme.colors.text.secondary,
    ul: { listStyle: 'none', margin: 0, padding: 0 },
    p: { margin: 0 },
  }),
  good: css({ color: theme.colors.success.text }),
  bad: css({ color: theme.colors.error.text }),
});
