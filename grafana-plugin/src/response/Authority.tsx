/** What a model may do by itself: its breakers, its versions, and the levers over both. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { autonomyLevels, type Breaker, type ModelVersionState, type ResponseOverview } from '@countersign/contract';
import { Badge, Button, useStyles2 } from '@grafana/ui';
import { t } from '../parts/i18n';
import { ago, autonomyShort, autonomyText, breakerColor, breakerText, nameOf, percent, riskText } from '../parts/words';
import { may } from '../routes';
import type { Act } from './ActOnAuthority';
import { getCardStyles } from './card';
import { Evidence } from './Evidence';
import { Gates } from './Gates';

export interface ModelAuthority {
  readonly workflow: string;
  readonly model: string;
  readonly versions: readonly ModelVersionState[];
  /** That of all risk tiers first, when there is one. */
  readonly breakers: readonly Breaker[];
}

export function modelsOf({ models, breakers }: ResponseOverview): ModelAuthority[] {
  const keys = [...new Set(models.map((m) => JSON.stringify([m.workflow_id, m.model_name])))];
  return keys.map((key) => {
    const [workflow = '', model = ''] = JSON.parse(key) as string[];
    return {
      workflow,
      model,
      versions: models.filter((m) => m.workflow_id === workflow && m.model_name === model),
      breakers: breakers.filter((b) => b.workflow_id === workflow && b.model_name === model),
    };
  });
}

interface AuthorityProps extends ModelAuthority {
  /** What people are called, by id. */
  readonly people: ResponseOverview['people'];
  readonly now: number;
  readonly onAct: (act: Act) => void;
}

export function Authority({ workflow, model, versions, breakers, people, now, onAct }: AuthorityProps) {
  const styles = useStyles2(getStyles);
  const whole = breakers.find(({ risk_tier }) => risk_tier === null);
  const state = whole?.state ?? 'closed';
  const frozen = versions.find((version) => version.frozen !== null)?.frozen ?? null;
  return (
    <div className={styles.card} data-testid="breaker" data-state={state}>
      <div className={styles.row}>
        <strong>
          {workflow} · {model}
        </strong>
        <Badge text={breakerText(state)} color={breakerColor[state]} />
        <span className={styles.grow} />
        {may('operate') && state !== 'forced_open' && (
          <Button
            variant="destructive"
            size="sm"
            onClick={() => onAct({ is: 'trip', workflow, model, epoch: newestOf(breakers) })}
          >
            {t('response.trip.confirm', 'Stop the AI')}
          </Button>
        )}
      </div>
      {breakers
        .filter((breaker) => breaker.risk_tier === null || breaker.state !== 'closed')
        .map((breaker) => (
          <BreakerState key={breaker.breaker_id} {...{ breaker, people, now, onAct }} />
        ))}
      {frozen !== null && (
        <p>
          {t('response.authority.frozen', 'The rollout is frozen: {{why}}', { why: frozen })}{' '}
          {may('approve') && (
            <Button size="sm" variant="secondary" onClick={() => onAct({ is: 'thaw', workflow, model, frozen })}>
              {t('response.thaw.confirm', 'Thaw')}
            </Button>
          )}
        </p>
      )}
      <ul className={styles.versions}>
        {versions.map((version) => (
          <Version
            key={version.version}
            {...{ version, people, now, onAct }}
            canGoBack={versions.some((other) => other !== version && other.rolled_back_at === null)}
          />
        ))}
      </ul>
    </div>
  );
}

function BreakerState({
  breaker,
  people,
  now,
  onAct,
}: Pick<AuthorityProps, 'people' | 'now' | 'onAct'> & { breaker: Breaker }) {
  const styles = useStyles2(getStyles);
  const { workflow_id: workflow, model_name: model, risk_tier: riskTier, state, phase } = breaker;
  const canRetry = state === 'open' || state === 'forced_open' || phase?.paused === true;
  return (
    <div className={styles.row} data-testid="breaker-state">
      {riskTier !== null && (
        <Badge
          text={t('response.breaker.of-risk', '{{risk}}: {{state}}', {
            risk: riskText(riskTier),
            state: breakerText(state),
          })}
          color={breakerColor[state]}
        />
      )}
      <span className={styles.quiet}>
        {t('response.breaker.since', '{{ago}} by {{name}}: {{reason}}', {
          ago: ago(breaker.since, now),
          name: nameOf(breaker.by, people),
          reason: breaker.reason,
        })}
      </span>
      {phase !== null && <span data-testid="canaries">{canaryText(phase, breaker.canary_share)}</span>}
      {breaker.approved_by !== null && (
        <span data-testid="approved">
          {t('response.breaker.approved', '{{name}} agrees that it is tried again; it takes one more.', {
            name: nameOf(breaker.approved_by, people),
          })}
        </span>
      )}
      {may('approve') && canRetry && (
        <Button
          variant="secondary"
          size="sm"
          onClick={() => onAct({ is: 'retry', workflow, model, riskTier, epoch: breaker.epoch })}
        >
          {t('response.retry.confirm', 'Try canaries')}
        </Button>
      )}
      <Evidence evidence={breaker.evidence} />
    </div>
  );
}

const newestOf = (breakers: readonly Breaker[]): number => Math.max(0, ...breakers.map(({ epoch }) => epoch));

const canaryText = (phase: NonNullable<Breaker['phase']>, share: number): string =>
  phase.paused
    ? t(
        'response.breaker.paused',
        'Canary phase {{number}} of {{of}} is paused: people decide everything; people have checked {{verified}}, of at least {{needed}}, and changed {{overrides}}.',
        { ...phase },
      )
    : t(
        'response.breaker.canary',
        'Canary phase {{number}} of {{of}}: the AI takes {{share}}; people have checked {{verified}}, of at least {{needed}}, and changed {{overrides}}.',
        { ...phase, share: percent(share) },
      );

function Version({
  version: v,
  people,
  now,
  canGoBack,
  onAct,
}: Pick<AuthorityProps, 'people' | 'now' | 'onAct'> & { version: ModelVersionState; canGoBack: boolean }) {
  const styles = useStyles2(getStyles);
  const { workflow_id: workflow, model_name: model, version, autonomy } = v;
  const at = autonomy === null || autonomy === 'undeclared' ? -1 : autonomyLevels.indexOf(autonomy);
  const next = at < 0 ? undefined : autonomyLevels[at + 1];
  const missing = v.roles.filter((role) => !v.sign_offs.some((signed) => signed.role === role));
  return (
    <li className={styles.row} data-testid="version">
      <span>
        {t('response.version.name', 'Version {{version}}', { version })}{' '}
        <code title={v.hash}>{v.hash.slice(7, 15)}</code>
      </span>
      {v.rolled_back_at ? (
        <Badge text={t('response.version.rolled-back', 'rolled back')} color="red" />
      ) : v.active ? (
        <Badge text={t('response.version.active', 'in use')} color="green" />
      ) : (
        <Badge text={t('response.version.earlier', 'earlier')} color="blue" />
      )}
      {autonomy !== null && v.rolled_back_at === null && (
        <span>
          {autonomy === 'canary'
            ? t('response.version.canary', '{{autonomy}}: {{share}}', {
                autonomy: autonomyText(autonomy),
                share: percent(v.canary_share),
              })
            : autonomyText(autonomy)}
        </span>
      )}
      {v.sign_offs.length > 0 && (
        <span className={styles.quiet}>
          {t('response.version.signed', 'signed by {{names}}', {
            names: v.sign_offs.map(({ role, by }) => `${nameOf(by, people)} (${role})`).join(', '),
          })}
        </span>
      )}
      {may('approve') && next !== undefined && v.rolled_back_at === null && v.frozen === null && (
        <Button
          variant="secondary"
          size="sm"
          onClick={() => onAct({ is: 'promote', workflow, model, version, to: next, roles: missing })}
        >
          {t('response.version.sign', 'Sign off: {{to}}', { to: autonomyShort(next) })}
        </Button>
      )}
      {may('approve') && v.active && canGoBack && (
        <Button variant="secondary" size="sm" onClick={() => onAct({ is: 'rollback', workflow, model, version })}>
          {t('response.rollback.confirm', 'Roll back')}
        </Button>
      )}
      {may('operate') && (
        <Button
          variant="secondary"
          fill="text"
          size="sm"
          onClick={() => onAct({ is: 'undo', workflow, model, version })}
        >
          {t('response.version.undo', 'Take its decisions back')}
        </Button>
      )}
      {v.rolled_back_at === null && <Gates version={v} now={now} />}
    </li>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  ...getCardStyles(theme),
  versions: css({
    listStyle: 'none',
    margin: theme.spacing(1, 0, 0),
    padding: 0,
    li: { padding: theme.spacing(0.25, 0) },
  }),
});
