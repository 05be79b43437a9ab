/** One case with its evidence: where it comes from, what the AI saw and said, what happened before. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { Opinion, Person, QueueItem, ReviewCase, SimilarCase } from '@countersign/contract';
import { Badge, Icon, TextLink, useStyles2 } from '@grafana/ui';
import { lazy, memo, Suspense, useEffect, useRef, type ReactNode } from 'react';
import { t } from '../parts/i18n';
import { Skeleton } from '../parts/states';
import { hrefOf, may, routes } from '../routes';
import {
  actionDid,
  actionDone,
  ago,
  breakerColor,
  breakerShort,
  breakerText,
  didText,
  due,
  moment,
  percent,
  reasonText,
  recordText,
  riskText,
} from '../parts/words';
import { Answer, Counterfactuals } from './Answer';
import { Provenance } from './Provenance';
import { Relevance } from './Relevance';

const InputView = lazy(() => import(/* webpackChunkName: "input" */ './InputView'));

interface CaseProps {
  readonly opened: ReviewCase;
  readonly now: number;
  /** In place of the AI's answer, while it is not shown. */
  readonly instead?: ReactNode;
}

/** Drawn again only when something of it has changed, and not with all that happens on the page. */
export const Case = memo(function Case({ opened, now, instead }: CaseProps) {
  const styles = useStyles2(getStyles);
  const { item, decision, answer, breaker } = opened;
  const deadline = due(item.due_at, now);
  return (
    <article
      className={styles.case}
      data-decision={item.decision_id}
      aria-label={t('review.case.name', 'Case {{title}}', { title: item.title })}
    >
      <header>
        {/* What had the focus goes when the case is claimed, and when the answer is shown. */}
        <Title key={`${item.decision_id} ${item.state} ${answer === null}`} text={item.title} />
        <div className={styles.badges}>
          <Badge text={reasonText(item.reason)} color="purple" />
          <Badge text={riskText(item.risk_tier)} color={item.risk_tier === 'high' ? 'red' : 'blue'} />
          <Badge
            text={t('review.case.priority', '{{priority}}, {{due}}', { priority: item.priority, due: deadline.text })}
            color={deadline.overdue ? 'red' : 'blue'}
          />
          <Badge
            text={breakerShort(breaker.state)}
            color={breakerColor[breaker.state]}
            tooltip={breakerText(breaker.state)}
          />
          {item.people_wanted > 1 && (
            <Badge
              text={t('review.case.people', '{{decided}} of {{wanted}} people have decided', {
                decided: item.people_decided,
                wanted: item.people_wanted,
              })}
              color="blue"
            />
          )}
          {item.assigned_to !== null && item.assigned_by !== null && (
            <span data-testid="assigned">
              <Icon name="user" size="sm" />{' '}
              {t('review.case.assigned', '{{from}} handed it over to {{to}}', {
                from: item.assigned_by.name,
                to: item.assigned_to.name,
              })}
              {opened.assigned_note !== null && `: “${opened.assigned_note}”`}
            </span>
          )}
          <Lookers people={item.looking} />
        </div>
      </header>
      <Provenance opened={opened} now={now} />
      <div className={styles.columns}>
        <Part title={t('review.case.input', 'What came in')}>
          <Suspense fallback={<Skeleton lines={8} />}>
            <InputView key={decision.input_snapshot.hash} snapshot={decision.input_snapshot} />
          </Suspense>
        </Part>
        <div>
          {opened.opinions.length > 0 && (
            <Part title={t('review.case.opinions', 'What people decided')}>
              <Opinions items={opened.opinions} />
            </Part>
          )}
          {answer === null ? (
            <Part title={t('review.case.commit', 'What do you think?')}>{instead}</Part>
          ) : (
            <>
              <Part title={t('review.case.answer', 'What the AI says')}>
                <Answer answer={answer} opened={opened} />
              </Part>
              <Part title={t('review.case.why', 'Why')}>
                {answer.explanation?.rationale && <p>{answer.explanation.rationale}</p>}
                <Relevance
                  items={answer.explanation?.relevance ?? []}
                  scores={answer.output.scores}
                  label={answer.output.label}
                />
                <Counterfactuals items={answer.explanation?.counterfactuals} />
              </Part>
              <Part title={t('review.case.similar', 'Similar cases')}>
                <Similar items={opened.similar} now={now} />
              </Part>
            </>
          )}
          <Part title={t('review.case.history', 'On record')}>
            {opened.history.length === 0 && <p className={styles.quiet}>{whyNoHistory(item)}</p>}
            <ol className={styles.history}>
              {opened.history.map((record) => (
                <li key={record.event_id}>
                  <time dateTime={record.timestamp}>{moment(record.timestamp)}</time>{' '}
                  {may('audit') ? (
                    <TextLink href={hrefOf(routes.audit({ record: record.event_id }))} color="primary" external>
                      {recordText(record, opened.people)}
                    </TextLink>
                  ) : (
                    recordText(record, opened.people)
                  )}
                </li>
              ))}
            </ol>
          </Part>
        </div>
      </div>
    </article>
  );
});

function Title({ text }: { text: string }) {
  const styles = useStyles2(getStyles);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The form of the case before is gone, and the cursor with it: who cannot see it hears what is next.
    const focused = document.activeElement;
    if (focused === document.body || focused?.matches('[data-keys-home]') === true)
      heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h2 className={styles.title} ref={heading} tabIndex={-1}>
      {text}
    </h2>
  );
}

const whyNoHistory = (item: QueueItem) =>
  item.commit_first
    ? t('review.case.history-after', 'Shown when you have said what you think.')
    : item.people_decided === 1
      ? t('review.case.history-blind', 'What the other person said is shown when you have decided.')
      : t('review.case.no-history', 'Nothing came before this decision.');

function Lookers({ people }: { people: readonly Person[] }) {
  if (people.length === 0) return null;
  return (
    <span data-testid="lookers">
      <Icon name="eye" size="sm" />{' '}
      {t('review.case.looking', '', {
        count: people.length,
        names: people.map(({ name }) => name).join(', '),
        defaultValue_one: '{{names}} is looking too',
        defaultValue_other: '{{names}} are looking too',
      })}
    </span>
  );
}

function Opinions({ items }: { items: readonly Opinion[] }) {
  const styles = useStyles2(getStyles);
  return (
    <ul className={styles.history} data-testid="opinions">
      {items.map(({ reviewer, action, label, justification }) => (
        <li key={reviewer.id}>
          {didText(
            reviewer.name,
            label === null ? actionDid(action) : `${actionDid(action)} (${label})`,
            justification,
          )}
        </li>
      ))}
    </ul>
  );
}

function Similar({ items, now }: { items: readonly SimilarCase[]; now: number }) {
  const styles = useStyles2(getStyles);
  if (items.length === 0)
    return <p className={styles.quiet}>{t('review.similar.none', 'None has been decided yet.')}</p>;
  return (
    <ul className={styles.history} data-testid="similar">
      {items.map(({ decision_id, title, label, confidence, action, decided_by, decided_at, outcome }) => (
        <li key={decision_id}>
          <a href={hrefOf(routes.review(decision_id))} target="_blank" rel="noreferrer">
            {title}
          </a>
          {': '}
          {t('review.similar.case', 'the AI said {{label}}, {{percent}} sure; {{done}}.', {
            label: label ?? t('review.similar.no-label', 'nothing'),
            percent: percent(confidence),
            done: actionDone(action, { name: decided_by.name, ago: ago(decided_at, now) }),
          })}
          {outcome !== null && ` ${t('review.similar.outcome', 'It was {{outcome}}.', { outcome })}`}
        </li>
      ))}
    </ul>
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
  // What services send has words of any length; and Grafana keeps code on one line.
  case: css({ overflowWrap: 'anywhere', code: { whiteSpace: 'normal' } }),
  title: css({ fontSize: theme.typography.h3.fontSize, margin: 0 }),
  badges: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), margin: theme.spacing(1, 0) }),
  columns: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 3fr) minmax(0, 2fr)',
    gap: theme.spacing(3),
    [theme.breakpoints.down('lg')]: { gridTemplateColumns: 'minmax(0, 1fr)' },
  }),
  part: css({ marginTop: theme.spacing(2), h3: { fontSize: theme.typography.h5.fontSize } }),
  quiet: css({ color: theme.colors.text.secondary }),
  history: css({
    paddingLeft: theme.spacing(2.5),
    margin: 0,
    'li > a': { color: theme.colors.text.link, textDecoration: 'underline' },
  }),
});
