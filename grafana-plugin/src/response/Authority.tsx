/** What a model may do by itself: its breakers, its versions, and the levers over both. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { autonomyLevels, type Breaker, type ModelVersionState, type ResponseOverview } from '@countersign/contract';
import { Badge, Button, useStyles2 } from '@grafana/ui';
import { autonomyText, breakerColor, breakerText, nameOf, percent, span } from '../parts/words';
import { may } from '../routes';
import type { Act } from './ActOnAuthority';
import { getCardStyles } from './card';

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
        <Badge text={breakerText[state]} color={breakerColor[state]} />
        <span className={styles.grow} />
        {may('operate') && state !== 'forced_open' && (
          <Button
            variant="destructive"
            size="sm"
            onClick={() => onAct({ is: 'trip', workflow, model, riskTier: null })}
          >
            Stop the AI
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
          The rollout is frozen: {frozen}{' '}
          {may('approve') && (
            <Button size="sm" variant="secondary" onClick={() => onAct({ is: 'thaw', workflow, model })}>
              Thaw
            </Button>
          )}
        </p>
      )}
      <ul className={styles.versions}>
        {versions.map((version) => (
          <Version
            key={version.version}
            {...{ version, people, onAct }}
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
      {riskTier !== null && <Badge text={`${riskTier} risk: ${breakerText[state]}`} color={breakerColor[state]} />}
      <span className={styles.quiet}>
        {span(now - Date.parse(breaker.since))} ago by {nameOf(breaker.by, people)}: {breaker.reason}
      </span>
      {phase !== null && (
        <span data-testid="canaries">
          Canary phase {phase.number} of {phase.of}
          {phase.paused ? ' is paused: people decide everything' : `: the AI takes ${percent(breaker.canary_share)}`};
          people have checked {phase.verified}, of at least {phase.needed}, and changed {phase.overrides}.
        </span>
      )}
      {may('approve') && canRetry && (
        <Button variant="secondary" size="sm" onClick={() => onAct({ is: 'retry', workflow, model, riskTier })}>
          Try canaries
        </Button>
      )}
    </div>
  );
}

function Version({
  version: v,
  people,
  canGoBack,
  onAct,
}: Pick<AuthorityProps, 'people' | 'onAct'> & { version: ModelVersionState; canGoBack: boolean }) {
  const styles = useStyles2(getStyles);
  const { workflow_id: workflow, model_name: model, version, autonomy } = v;
  const at = autonomy === null || autonomy === 'undeclared' ? -1 : autonomyLevels.indexOf(autonomy);
  const next = at < 0 ? undefined : autonomyLevels[at + 1];
  const missing = v.roles.filter((role) => !v.sign_offs.some((signed) => signed.role === role));
  return (
    <li className={styles.row} data-testid="version">
      <span>
        Version {version} <code title={v.hash}>{v.hash.slice(7, 15)}</code>
      </span>
      {v.rolled_back_at ? (
        <Badge text="rolled back" color="red" />
      ) : v.active ? (
        <Badge text="in use" color="green" />
      ) : (
        <Badge text="earlier" color="blue" />
      )}
      {autonomy !== null && v.rolled_back_at === null && (
        <span>
          {autonomyText[autonomy]}
          {autonomy === 'canary' && `: ${percent(v.canary_share)}`}
        </span>
      )}
      {v.sign_offs.length > 0 && (
        <span className={styles.quiet}>
          signed by {v.sign_offs.map(({ role, by }) => `${nameOf(by, people)} (${role})`).join(', ')}
        </span>
      )}
      {may('approve') && next !== undefined && v.rolled_back_at === null && v.frozen === null && (
        <Button
          variant="secondary"
          size="sm"
          onClick={() => onAct({ is: 'promote', workflow, model, version, to: next, roles: missing })}
        >
          Sign off: {next}
        </Button>
      )}
      {may('approve') && v.active && canGoBack && (
        <Button variant="secondary" size="sm" onClick={() => onAct({ is: 'rollback', workflow, model, version })}>
          Roll back
        </Button>
      )}
      {may('operate') && (
        <Button
          variant="secondary"
          fill="text"
          size="sm"
          onClick={() => onAct({ is: 'undo', workflow, model, version })}
        >
          Take its decisions back
        </Button>
      )}
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
