/** Alike cases decided at once: those that are not alike are set aside, and a sample is opened before any is decided. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { openedAfterMs, type Batch } from '@countersign/contract';
import { PluginPage } from '@grafana/runtime';
import { Badge, Checkbox, LinkButton, useStyles2 } from '@grafana/ui';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router-dom';
import { look, useCase, useOpened, usePlanBatch } from '../api/reviews';
import { t } from '../parts/i18n';
import { Empty, NotYet, Skeleton } from '../parts/states';
import { KeyHelp } from '../parts/KeyHelp';
import { useKeptText } from '../parts/use-kept-text';
import { useKeys } from '../parts/use-keys';
import { useNow } from '../parts/use-now';
import { percent } from '../parts/words';
import { hrefOf, routes } from '../routes';
import { BatchForm } from './BatchForm';
import { BatchResults } from './BatchResults';
import { Case } from './Case';
import { batchSheet } from './keys';
import { useDecidedAtOnce, type DecidedAtOnce } from './use-decided-at-once';
import { useQueueSearch } from './use-queue-search';

export default function BatchPage() {
  const { decisionId = '' } = useParams();
  const [decided, setDecided] = useDecidedAtOnce(decisionId);
  const batch = usePlanBatch(decided === null ? decisionId : undefined);
  const [helps, setHelps] = useState(false);
  const queue = useQueueSearch();
  const back = `${routes.review(decisionId)}${queue}`;
  useKeys({ '?': () => setHelps(true) });
  return (
    <PluginPage
      pageNav={{
        text: t('review.batch.title', 'Cases like this'),
        subTitle: t(
          'review.batch.explains',
          'Decided at once, each with a record of its own. A sample is opened first. Press ? for the keys.',
        ),
        parentItem: { text: t('review.title', 'Review'), url: back },
      }}
      actions={
        <LinkButton variant="secondary" icon="arrow-left" href={hrefOf(back)}>
          {t('review.batch.back', 'Back to the case')}
        </LinkButton>
      }
    >
      {decided !== null ? (
        <BatchResults done={decided} />
      ) : batch.isPending || batch.isError ? (
        <NotYet query={batch} what={t('review.batch.failed', 'These cases cannot be decided at once')}>
          <Skeleton lines={10} height={28} />
        </NotYet>
      ) : (
        <Plan seed={decisionId} batch={batch.data} onDecided={setDecided} />
      )}
      {helps && <KeyHelp sheet={batchSheet()} onClose={() => setHelps(false)} />}
    </PluginPage>
  );
}

interface PlanProps {
  readonly seed: string;
  readonly batch: Batch;
  readonly onDecided: (done: Omit<DecidedAtOnce, 'seed'>) => void;
}

function Plan({ seed, batch, onDecided }: PlanProps) {
  const styles = useStyles2(getStyles);
  const [search, setSearch] = useSearchParams();
  const queue = useQueueSearch();
  const open = (id: string) =>
    setSearch(
      (before) => {
        before.set('open', id);
        return before;
      },
      { replace: true },
    );
  const client = useQueryClient();
  const shown = search.get('open') ?? undefined;
  const opened = useOpened(batch.batch_id).data?.opened ?? batch.opened;
  const missing = batch.sample.filter((id) => !opened.includes(id));
  const [keptOut, setKeptOut] = useKeptText(`batch.${seed}.left-out`);
  const leftOut = keptOut.split(' ');
  const turn = (id: string) =>
    setKeptOut((leftOut.includes(id) ? leftOut.filter((other) => other !== id) : [...leftOut, id]).join(' ').trim());
  const chosen = batch.items.map(({ decision_id }) => decision_id).filter((id) => !leftOut.includes(id));
  const isOfBatch = (id: string | undefined): id is string => batch.items.some(({ decision_id }) => decision_id === id);
  const openNext = () => {
    const next = missing.find((id) => id !== shown) ?? missing[0];
    if (next !== undefined) open(next);
  };
  const onScreen = useCase(shown).data?.item.decision_id;
  const isOpened = shown === undefined || !batch.sample.includes(shown) || opened.includes(shown);
  useEffect(() => {
    // It counts when it has been on screen for a moment, and not when it was asked for.
    if (shown === undefined || onScreen !== shown || isOpened) return undefined;
    const timer = setInterval(() => {
      void look(shown)
        .then(() => client.invalidateQueries({ queryKey: ['opened', batch.batch_id] }))
        .catch(() => undefined);
    }, openedAfterMs + 100);
    return () => clearInterval(timer);
  }, [shown, onScreen, isOpened, batch.batch_id, client]);
  useKeys({ o: openNext, l: () => isOfBatch(shown) && turn(shown) });

  const done = (at: Omit<DecidedAtOnce, 'seed'>) => {
    setKeptOut('');
    onDecided(at);
  };
  return (
    <div className={styles.page}>
      <div className={styles.list}>
        <p role="status" data-testid="batch-state">
          {together(batch)}{' '}
          {missing.length === 0
            ? t('review.batch.opened-all', 'The sample is opened.')
            : t('review.batch.to-open', '', {
                count: missing.length,
                defaultValue_one: '{{count}} of the sample is still to be opened.',
                defaultValue_other: '{{count}} of the sample are still to be opened.',
              })}
        </p>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t('review.batch.along', 'Along')}</th>
              <th scope="col">{t('review.batch.case', 'Case')}</th>
              <th scope="col">{t('review.batch.answer', 'The AI says')}</th>
              <th scope="col">{t('review.batch.sample', 'Sample')}</th>
            </tr>
          </thead>
          <tbody>
            {batch.items.map((item) => (
              <tr
                key={item.decision_id}
                className={cx(item.decision_id === shown && styles.shown)}
                data-testid="batch-item"
              >
                <td>
                  <Checkbox
                    aria-label={t('review.batch.decide-along', 'Decide {{title}} along with the others', {
                      title: item.title,
                    })}
                    value={!leftOut.includes(item.decision_id)}
                    onChange={() => turn(item.decision_id)}
                  />
                </td>
                <td>
                  <button type="button" className={styles.open} onClick={() => open(item.decision_id)}>
                    {item.title}
                  </button>
                </td>
                <td>
                  {item.label} {item.confidence === null ? '' : percent(item.confidence)}
                </td>
                <td>
                  {batch.sample.includes(item.decision_id) &&
                    (opened.includes(item.decision_id) ? (
                      <Badge text={t('review.batch.opened', 'opened')} color="green" icon="check" />
                    ) : (
                      <Badge text={t('review.batch.open', 'open it')} color="orange" />
                    ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {batch.outliers.length > 0 && (
          <section aria-label={t('review.batch.aside', 'Set aside')}>
            <h3 className={styles.aside}>{t('review.batch.aside-next', 'Set aside: look at these one by one')}</h3>
            <ul className={styles.outliers} data-testid="outliers">
              {batch.outliers.map(({ item, because }) => (
                <li key={item.decision_id}>
                  <Link to={`${routes.review(item.decision_id)}${queue}`}>{item.title}</Link>: {because}
                </li>
              ))}
            </ul>
          </section>
        )}
        <BatchForm seed={seed} batch={batch} chosen={chosen} isReady={missing.length === 0} onDecided={done} />
      </div>
      <Shown decisionId={shown} />
    </div>
  );
}

function Shown({ decisionId }: { decisionId: string | undefined }) {
  const now = useNow();
  const opened = useCase(decisionId);
  if (decisionId === undefined)
    return (
      <Empty title={t('review.none-open', 'No case is open')}>
        {t('review.batch.none-open-next', 'Press O to open the next of the sample.')}
      </Empty>
    );
  if (opened.isPending || opened.isLoadingError) {
    return (
      <NotYet query={opened} what={t('review.case.failed', 'The case could not be read')}>
        <Skeleton lines={14} height={20} />
      </NotYet>
    );
  }
  return <Case opened={opened.data} now={now} />;
}

function together({ items, left_out }: Batch): string {
  const cases = t('review.batch.together', '', {
    count: items.length,
    defaultValue_one: '{{count}} case',
    defaultValue_other: '{{count}} cases together',
  });
  const leftOut = t('review.batch.left-out', '', {
    count: left_out,
    defaultValue_one: '{{count}} more is over the policy’s limit',
    defaultValue_other: '{{count}} more are over the policy’s limit',
  });
  return left_out === 0 ? `${cases}.` : `${cases}, ${leftOut}.`;
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 2fr) minmax(0, 3fr)',
    gap: theme.spacing(3),
    [theme.breakpoints.down('md')]: { gridTemplateColumns: 'minmax(0, 1fr)' },
  }),
  list: css({ minWidth: 0 }),
  table: css({
    width: '100%',
    'th, td': { padding: theme.spacing(0.5, 1), textAlign: 'left' },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
  }),
  // A link’s colour has too little contrast on it in the light theme.
  shown: css({ background: theme.colors.action.selected, button: { color: theme.colors.text.primary } }),
  open: css({
    background: 'none',
    border: 0,
    padding: 0,
    color: theme.colors.text.link,
    textAlign: 'left',
    overflowWrap: 'anywhere',
  }),
  outliers: css({ paddingLeft: theme.spacing(2.5), margin: 0 }),
  aside: css({ fontSize: theme.typography.h5.fontSize, marginTop: theme.spacing(2) }),
});
