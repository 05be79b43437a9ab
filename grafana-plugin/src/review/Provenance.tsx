/** Where a decision of the AI comes from: model, data, policy, and its trace. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { ReviewCase } from '@countersign/contract';
import { TextLink, useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';
import { t } from '../parts/i18n';
import { ago, breakerShort, span } from '../parts/words';
import { tracePath, useSettings } from '../settings/settings';

export function Provenance({ opened, now }: { opened: ReviewCase; now: number }) {
  const styles = useStyles2(getStyles);
  const { decision, decided_at: decidedAt, trace_id, rules, breaker } = opened;
  const { model, provenance } = decision;
  const settings = useSettings();
  const trace = trace_id === null ? null : tracePath(trace_id, decidedAt, settings);
  return (
    <dl className={styles}>
      <Fact name={t('review.provenance.model', 'Model')}>
        {model.name} {model.version}
      </Fact>
      <Fact name={t('review.provenance.hash', 'Hash')}>
        <code title={model.hash}>{model.hash.slice(7, 19)}</code>
      </Fact>
      {provenance?.trained_at && (
        <Fact name={t('review.provenance.trained', 'Trained')}>
          {new Date(provenance.trained_at).toLocaleDateString()}
        </Fact>
      )}
      {provenance?.sources?.map(({ name, fresh_at }) => (
        <Fact key={name} name={t('review.provenance.source', 'Data: {{name}}', { name })}>
          {fresh_at
            ? t('review.provenance.age', '{{span}} old then', {
                span: span(Date.parse(decidedAt) - Date.parse(fresh_at)),
              })
            : t('review.provenance.no-age', 'age unknown')}
        </Fact>
      ))}
      <Fact name={t('review.provenance.decided', 'Decided')}>{ago(decidedAt, now)}</Fact>
      <Fact name={t('review.provenance.acted', 'Acted already')}>
        {decision.route === 'auto'
          ? t('review.provenance.has-acted', 'yes')
          : t('review.provenance.has-not-acted', 'no')}
      </Fact>
      <Fact name={t('review.provenance.policy', 'Policy')}>
        {rules.title} <code title={rules.policy_hash}>{rules.policy_hash.slice(7, 19)}</code>
      </Fact>
      <Fact name={t('review.provenance.breaker', 'Breaker')}>
        {breakerShort(breaker.state)}, {t('review.provenance.epoch', 'epoch {{epoch}}', { epoch: breaker.epoch })}
      </Fact>
      {trace !== null && (
        <Fact name={t('review.provenance.trace', 'Trace')}>
          <TextLink href={trace} external inline={false} variant="bodySmall">
            {trace_id?.slice(0, 8) ?? ''}
          </TextLink>
        </Fact>
      )}
    </dl>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const getStyles = (theme: GrafanaTheme2) =>
  css({
    // Columns that no text makes wider: what is said of the time changes as it passes, and nothing below may jump.
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(150px, 1fr))',
    gap: theme.spacing(1, 2),
    padding: theme.spacing(1, 0),
    margin: 0,
    borderTop: `1px solid ${theme.colors.border.weak}`,
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    dt: { fontWeight: 'normal', fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.text.secondary },
    dd: { margin: 0 },
  });
