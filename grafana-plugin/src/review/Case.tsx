/** One case with its evidence: where it comes from, what the AI saw and said, what happened before. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { AiAnswer, Counterfactual, Opinion, Person, ReviewCase, SimilarCase } from '@countersign/contract';
import { Badge, Icon, TextLink, useStyles2 } from '@grafana/ui';
import { lazy, Suspense, type ReactNode } from 'react';
import { Skeleton } from '../parts/states';
import {
  actionDone,
  actionText,
  actorName,
  breakerColor,
  breakerText,
  due,
  percent,
  reasonText,
  span,
} from '../parts/words';
import { tracePath, useSettings } from '../settings/settings';
import { Precision } from './Precision';
import { Relevance } from './Relevance';

const InputView = lazy(() => import(/* webpackChunkName: "input" */ './InputView'));

interface CaseProps {
  readonly opened: ReviewCase;
  readonly now: number;
  /** In place of the AI's answer, while it is not shown. */
  readonly instead?: ReactNode;
}

export function Case({ opened, now, instead }: CaseProps) {
  const styles = useStyles2(getStyles);
  const { item, decision, answer, breaker } = opened;
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
          {item.people_wanted > 1 && (
            <Badge text={`${item.people_decided} of ${item.people_wanted} people have decided`} color="blue" />
          )}
          <Lookers people={item.looking} />
        </div>
      </header>
      <Provenance opened={opened} now={now} />
      <div className={styles.columns}>
        <Part title="What came in">
          <Suspense fallback={<Skeleton lines={8} />}>
            <InputView key={decision.input_snapshot.hash} snapshot={decision.input_snapshot} />
          </Suspense>
        </Part>
        <div>
          {opened.opinions.length > 0 && (
            <Part title="What people decided">
              <Opinions items={opened.opinions} />
            </Part>
          )}
          {answer === null ? (
            <Part title="What do you think?">{instead}</Part>
          ) : (
            <>
              <Part title="What the AI says">
                <Answer answer={answer} opened={opened} />
              </Part>
              <Part title="Why">
                {answer.explanation?.rationale && <p>{answer.explanation.rationale}</p>}
                <Relevance
                  items={answer.explanation?.relevance ?? []}
                  scores={answer.output.scores}
                  label={answer.output.label}
                />
                <Counterfactuals items={answer.explanation?.counterfactuals ?? []} />
              </Part>
              <Part title="Similar cases">
                <Similar items={opened.similar} now={now} />
              </Part>
            </>
          )}
          <Part title="On record">
            {opened.history.length === 0 && <p className={styles.quiet}>Shown when you have said what you think.</p>}
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

function Lookers({ people }: { people: readonly Person[] }) {
  if (people.length === 0) return null;
  const names = people.map(({ name }) => name).join(', ');
  return (
    <span data-testid="lookers">
      <Icon name="eye" size="sm" /> {names} {people.length === 1 ? 'is' : 'are'} looking too
    </span>
  );
}

function Provenance({ opened, now }: { opened: ReviewCase; now: number }) {
  const styles = useStyles2(getStyles);
  const { decision, decided_at: decidedAt, trace_id, rules } = opened;
  const { model, provenance } = decision;
  const settings = useSettings();
  const trace = trace_id === null ? null : tracePath(trace_id, settings);
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
      <Fact name="Policy">{rules.title}</Fact>
      {trace !== null && (
        <Fact name="Trace">
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

function Answer({ answer, opened }: { answer: AiAnswer; opened: ReviewCase }) {
  const styles = useStyles2(getStyles);
  const { output, confidence, justification } = answer;
  const { committed, precision } = opened;
  return (
    <>
      <p className={styles.answer}>
        <strong>{output.label ?? 'no label'}</strong>, {percent(confidence)} sure
      </p>
      <Precision confidence={confidence} precision={precision} />
      {output.value !== undefined && (
        <pre className={styles.value} role="region" aria-label="The AI’s answer in full" tabIndex={0}>
          {JSON.stringify(output.value, null, 2)}
        </pre>
      )}
      {committed !== null && (
        <p data-testid="committed">
          You said <strong>{committed.label}</strong> before you saw this
          {committed.label === output.label ? ', and so does the AI.' : '.'}
        </p>
      )}
      <p className={styles.quiet}>{justification}</p>
    </>
  );
}

function Opinions({ items }: { items: readonly Opinion[] }) {
  const styles = useStyles2(getStyles);
  return (
    <ul className={styles.history} data-testid="opinions">
      {items.map(({ reviewer, action, label, justification }) => (
        <li key={reviewer.id}>
          {reviewer.name}: {actionText[action].toLowerCase()}
          {label === null ? '' : ` (${label})`}
          {justification === '' ? '' : `, “${justification}”`}
        </li>
      ))}
    </ul>
  );
}

function Similar({ items, now }: { items: readonly SimilarCase[]; now: number }) {
  const styles = useStyles2(getStyles);
  if (items.length === 0) return <p className={styles.quiet}>None has been decided yet.</p>;
  return (
    <ul className={styles.history} data-testid="similar">
      {items.map(({ decision_id, title, label, confidence, action, decided_by, decided_at, outcome }) => (
        <li key={decision_id}>
          “{title}”: the AI said {label ?? 'nothing'}, {percent(confidence)} sure; {decided_by.name}{' '}
          {actionDone[action]} {span(now - Date.parse(decided_at))} ago
          {outcome === null ? '' : `. It was ${outcome}`}.
        </li>
      ))}
    </ul>
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
  value: css({ maxHeight: 240, overflow: 'auto', fontSize: theme.typography.bodySmall.fontSize }),
  quiet: css({ color: theme.colors.text.secondary }),
  history: css({ paddingLeft: theme.spacing(2.5), margin: 0 }),
});
