/** One case with its evidence: where it comes from, what the AI saw and said, what happened before. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { AiDecision, Counterfactual, ReviewCase } from '@countersign/contract';
import { Badge, useStyles2 } from '@grafana/ui';
import { lazy, Suspense, type ReactNode } from 'react';
import { Skeleton } from '../parts/states';
import { actionText, actorName, breakerColor, breakerText, due, percent, reasonText, span } from '../parts/words';
import { Relevance } from './Relevance';

const InputView = lazy(() => import(/* webpackChunkName: "input" */ './InputView'));

export function Case({ opened, now }: { opened: ReviewCase; now: number }) {
  const styles = useStyles2(getStyles);
  const { item, decision, breaker } = opened;
  const deadline = due(item.due_at, now);
  return (
    <article aria-label={`Case ${item.title}`}>
      <header>
        <h2 className={styles.title}>{item.title}</h2>
        <div className={styles.badges}>
          <Badge text={reasonText[item.reason]} color="purple" />
          <Badge text={`${item.risk_tier} risk`} color={item.risk_tier === 'high' ? 'red' : 'blue'} />
          <Badge text={`${item.priority}, ${deadline.text}`} color={deadline.overdue ? 'red' : 'blue'} />
          <Badge
            text={`breaker ${breaker.state.replace('_', ' ')}`}
            color={breakerColor[breaker.state]}
            tooltip={breakerText[breaker.state]}
          />
        </div>
      </header>
      <Provenance decision={decision} decidedAt={opened.decided_at} now={now} />
      <div className={styles.columns}>
        <Part title="What came in">
          <Suspense fallback={<Skeleton lines={8} />}>
            <InputView key={decision.input_snapshot.hash} snapshot={decision.input_snapshot} />
          </Suspense>
        </Part>
        <div>
          <Part title="What the AI says">
            <Answer decision={decision} />
          </Part>
          <Part title="Why">
            {decision.explanation?.rationale && <p>{decision.explanation.rationale}</p>}
            <Relevance
              items={decision.explanation?.relevance ?? []}
              scores={decision.output.scores}
              label={decision.output.label}
            />
            <Counterfactuals items={decision.explanation?.counterfactuals ?? []} />
          </Part>
          <Part title="On record">
            <ol className={styles.history}>
              {opened.history.map((record) => (
                <li key={record.event_id}>
                  <time dateTime={record.timestamp}>{new Date(record.timestamp).toLocaleTimeString()}</time>{' '}
                  {actorName(record.decision_actor, opened.people)}:{' '}
                  {record.decision_action === null ? 'outcome' : actionText[record.decision_action].toLowerCase()}
                  {record.justification ? `, “${record.justification}”` : ''}
                </li>
              ))}
            </ol>
          </Part>
        </div>
      </div>
    </article>
  );
}

function Provenance({ decision, decidedAt, now }: { decision: AiDecision; decidedAt: string; now: number }) {
  const styles = useStyles2(getStyles);
  const { model, provenance } = decision;
  return (
    <dl className={styles.provenance}>
      <Fact name="Model">
        {model.name} {model.version}
      </Fact>
      <Fact name="Hash">
        <code title={model.hash}>{model.hash.slice(7, 19)}</code>
      </Fact>
      {provenance?.trained_at && <Fact name="Trained">{new Date(provenance.trained_at).toLocaleDateString()}</Fact>}
      {provenance?.sources?.map(({ name, fresh_at }) => (
        <Fact key={name} name={`Data: ${name}`}>
          {fresh_at ? `${span(Date.parse(decidedAt) - Date.parse(fresh_at))} old then` : 'age unknown'}
        </Fact>
      ))}
      <Fact name="Decided">{span(now - Date.parse(decidedAt))} ago</Fact>
      <Fact name="Acted already">{decision.route === 'auto' ? 'yes' : 'no'}</Fact>
    </dl>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

function Answer({ decision: { output, confidence, justification } }: { decision: AiDecision }) {
  const styles = useStyles2(getStyles);
  return (
    <>
      <p className={styles.answer}>
        <strong>{output.label ?? 'no label'}</strong>, {percent(confidence)} sure
      </p>
      <div className={styles.meter} role="img" aria-label={`Confidence ${percent(confidence)}`}>
        <div style={{ width: percent(confidence).replace(' ', '') }} />
      </div>
      <p className={styles.quiet}>{justification}</p>
    </>
  );
}

function Counterfactuals({ items }: { items: readonly Counterfactual[] }) {
  const styles = useStyles2(getStyles);
  if (items.length === 0)
    return <p className={styles.quiet}>No small change of the input would have flipped this answer.</p>;
  return (
    <>
      {items.map(({ change, output }) => (
        <p key={Object.keys(change).join()} data-testid="counterfactual">
          Without{' '}
          {Object.keys(change).map((feature, i) => (
            <span key={feature}>
              {i > 0 && ', '}
              <code>{feature}</code>
            </span>
          ))}{' '}
          it would have said <strong>{output.label}</strong>.
        </p>
      ))}
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  const styles = useStyles2(getStyles);
  return (
    <section className={styles.part}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  title: css({ fontSize: theme.typography.h3.fontSize, margin: 0, overflowWrap: 'anywhere' }),
  badges: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), margin: theme.spacing(1, 0) }),
  provenance: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(3),
    padding: theme.spacing(1, 0),
    margin: 0,
    borderTop: `1px solid ${theme.colors.border.weak}`,
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    dt: { fontWeight: 'normal', fontSize: theme.typography.bodySmall.fontSize, color: theme.colors.text.secondary },
    dd: { margin: 0 },
  }),
  columns: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 3fr) minmax(0, 2fr)',
    gap: theme.spacing(3),
    [theme.breakpoints.down('lg')]: { gridTemplateColumns: 'minmax(0, 1fr)' },
  }),
  part: css({ marginTop: theme.spacing(2), h3: { fontSize: theme.typography.h5.fontSize } }),
  answer: css({ margin: 0, fontSize: theme.typography.h4.fontSize }),
  meter: css({
    height: 6,
    background: theme.colors.background.secondary,
    borderRadius: 3,
    margin: theme.spacing(0.5, 0),
    '> div': { height: '100%', background: theme.colors.text.secondary, borderRadius: 3 },
  }),
  quiet: css({ color: theme.colors.text.secondary }),
  history: css({ paddingLeft: theme.spacing(2.5), margin: 0 }),
});
