/** The review page: the queue on the left, one case on the right, the decision below it. All of it by keyboard. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { DecideRequest, Queue as QueueAnswer } from '@countersign/contract';
import { PluginPage } from '@grafana/runtime';
import { Alert, Button, LinkButton, useStyles2 } from '@grafana/ui';
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type RefObject,
} from 'react';
import { useNavigate, useParams, useSearchParams } from 'react-router-dom';
import { sayOf } from '../api/query-client';
import {
  queueFilterNames,
  turnAway,
  useCase,
  useClaim,
  useClaimNext,
  useDecide,
  useQueue,
  useRelease,
  type QueueFilter,
} from '../api/reviews';
import { t } from '../parts/i18n';
import { Empty, NotYet, Skeleton, Stale } from '../parts/states';
import { KeyHelp } from '../parts/KeyHelp';
import { useKeys } from '../parts/use-keys';
import { useNow } from '../parts/use-now';
import { hrefOf, may, routes } from '../routes';
import { Case } from './Case';
import { startClock } from './case-clock';
import { CommitFirst } from './CommitFirst';
import { DecisionForm } from './DecisionForm';
import { clearDraft } from './draft';
import { Figures } from './Figures';
import { HandOver } from './HandOver';
import { reviewSheet } from './keys';
import { Queue } from './Queue';
import { QueueFilters } from './QueueFilters';
import { Unclaimed } from './Unclaimed';
import { UndoBar, undoBarHeight } from './UndoBar';
import { useClaimCare, useLooking } from './use-claim-care';
import { undoableOf, useUndoable } from './use-undoable';

const filterFrom = (search: URLSearchParams): QueueFilter =>
  Object.fromEntries(queueFilterNames.flatMap((name) => (search.get(name) ? [[name, search.get(name) ?? '']] : [])));
const noWorkflows: QueueAnswer['workflows'] = [];
const noCounts = { waiting: 0, claimed: 0, overdue: 0, for_asker: 0, matching: 0 };

type Dialog = 'keys' | 'figures' | 'hand over' | null;

export default function ReviewPage() {
  const styles = useStyles2(getStyles);
  const { decisionId } = useParams();
  const [search, setSearch] = useSearchParams();
  const navigate = useNavigate();
  const now = useNow();
  const column = useRef<HTMLDivElement>(null);
  const filter = useMemo(() => filterFrom(search), [search]);
  const setFilter = useCallback((changed: QueueFilter) => setSearch(new URLSearchParams(changed)), [setSearch]);
  const queue = useQueue(filter);
  const opened = useCase(may('decide') ? decisionId : undefined);
  const claim = useClaim();
  const claimNext = useClaimNext(filter);
  const decide = useDecide(filter);
  const release = useRelease();
  const [dialog, setDialog] = useState<Dialog>(null);
  const [kept, setUndoable] = useUndoable(now);
  const here = undoableOf(opened.data);
  // Of the case on screen, unless this page has seen it go: then it knows what was typed.
  const undoable = here !== null && here.until > now && here.decisionId !== kept?.decisionId ? here : kept;
  const lease = opened.data?.lease ?? null;
  const isDecided = opened.data?.item.state === 'decided';
  useClaimCare(decisionId, isDecided ? null : lease, opened.data?.rules.lease_ms ?? 60_000);
  useLooking(may('decide') ? decisionId : undefined);
  const epoch = lease?.epoch;
  useEffect(() => {
    if (decisionId !== undefined && epoch !== undefined) startClock(decisionId, epoch);
  }, [decisionId, epoch]);

  const items = queue.data?.pages.flatMap((page) => page.items) ?? [];
  const [counts] = queue.data?.pages ?? [];
  const go = useCallback(
    (id: string | undefined) => navigate({ pathname: routes.review(id), search: search.toString() }),
    [navigate, search],
  );
  const move = (by: number) => {
    const at = items.findIndex((item) => item.decision_id === decisionId);
    const next = items[at < 0 ? 0 : Math.max(0, Math.min(items.length - 1, at + by))];
    if (next === undefined) return;
    // So that the next case is read out, wherever the focus was.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    go(next.decision_id);
  };
  // What is on screen when an answer comes, which may be another case than when it was asked for.
  const onScreen = useRef(decisionId);
  useEffect(() => {
    onScreen.current = decisionId;
  });
  const isTaking = useRef(false);
  /** Nobody would look after a claim that came when the person had gone elsewhere. */
  const goOrRelease = (from: string | undefined, to: string) => {
    if (onScreen.current === from) go(to);
    else void turnAway(to).catch(() => undefined);
  };
  const takeNext = async () => {
    if (isTaking.current) return;
    isTaking.current = true;
    try {
      const next = await claimNext();
      goOrRelease(decisionId, next.item.decision_id);
    } catch (error) {
      sayOf(error);
    } finally {
      isTaking.current = false;
    }
  };
  const record = (request: DecideRequest) => {
    if (opened.data === undefined || decide.isPending) return;
    const { item, rules } = opened.data;
    const id = item.decision_id;
    decide
      .mutateAsync({ id, ...request })
      .then(({ undo_until, next }) => {
        clearDraft(id, request.idempotency_key);
        const until = Date.now() + rules.undo_ms;
        const { action } = request;
        setUndoable(undo_until === null ? null : { decisionId: id, title: item.title, action, request, until });
        if (next) goOrRelease(id, next.item.decision_id);
        else if (onScreen.current === id) go(undefined);
        return next;
      })
      .catch(() => undefined);
  };
  const canClaim = opened.data?.is_open_to_asker === true && lease === null && opened.data.item.state === 'waiting';
  const take = () => {
    if (!canClaim || decisionId === undefined || claim.isPending) return;
    claim
      // What stood in the way of the last claim does not stand in the way of this one.
      .mutateAsync({ id: decisionId, onClaimed: decide.reset })
      .then(() => (onScreen.current === decisionId ? undefined : turnAway(decisionId)))
      .catch(() => undefined);
  };
  const batch = (id: string) => navigate({ pathname: routes.batch(id), search: search.toString() });
  const isHeld = lease !== null && decisionId !== undefined && !isDecided;
  const canBatch = may('decide') && opened.data?.rules.batch === true && decisionId !== undefined;
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    c: take,
    n: () => may('decide') && void takeNext(),
    u: () => isHeld && release.mutate({ id: decisionId }),
    h: () => isHeld && setDialog('hand over'),
    x: () => canBatch && batch(decisionId),
    i: () => setDialog('figures'),
    '?': () => setDialog('keys'),
  });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = queue;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  return (
    <PluginPage
      pageNav={{
        text: t('review.title', 'Review'),
        subTitle: t('review.explains', 'Cases that wait for a person. Press ? for the keys.'),
      }}
      actions={
        <>
          <Button
            variant="secondary"
            icon="layers-alt"
            disabled={!canBatch}
            onClick={() => canBatch && batch(decisionId)}
          >
            {t('review.batch.title', 'Cases like this')}
          </Button>
          <Button variant="secondary" icon="user" onClick={() => setDialog('figures')}>
            {t('review.figures.title', 'How you decide')}
          </Button>
          <Button variant="secondary" icon="keyboard" onClick={() => setDialog('keys')}>
            {t('parts.keys.title', 'Keys')}
          </Button>
        </>
      }
    >
      <div
        className={styles.page}
        style={{ '--undo-bar': `${undoable === null ? 0 : undoBarHeight}px` } as CSSProperties}
      >
        <div className={cx(styles.left, decisionId !== undefined && styles.aside)}>
          <Stale query={queue} />
          <QueueFilters filter={filter} workflows={counts?.workflows ?? noWorkflows} onChange={setFilter} />
          {queue.isPending || queue.isLoadingError ? (
            <NotYet query={queue} what={t('review.queue.failed', 'The queue could not be read')}>
              <Skeleton lines={10} height={58} />
            </NotYet>
          ) : (
            <Queue
              items={items}
              counts={counts ?? noCounts}
              asker={counts?.asker ?? ''}
              isFiltered={Object.keys(filter).length > 0}
              selected={decisionId}
              now={now}
              onEnd={onEnd}
            />
          )}
        </div>
        <div
          className={cx(styles.case, decisionId === undefined && styles.aside)}
          ref={column}
          tabIndex={-1}
          data-keys-home=""
        >
          <FromItsBeginning key={decisionId} column={column} />
          <Stale query={opened} />
          {decisionId !== undefined && (
            <LinkButton
              className={styles.back}
              variant="secondary"
              icon="arrow-left"
              href={hrefOf(`${routes.review()}?${search.toString()}`)}
            >
              {t('review.back', 'The queue')}
            </LinkButton>
          )}
          {decisionId === undefined ? (
            <Empty title={t('review.none-open', 'No case is open')}>
              {may('decide')
                ? t('review.none-open-next', 'Press N to claim the most urgent one, or choose one on the left.')
                : t('review.none-open-looking', 'Choose one on the left. Who reviews claims it and decides.')}
            </Empty>
          ) : !may('decide') ? (
            <Alert
              severity="info"
              title={t('review.only-queue', 'You may look at the queue, and not at what is in its cases')}
            >
              {t(
                'review.only-queue-next',
                'Inputs and evidence are shown to those who decide. An administrator can give you the role “Countersign reviewer”.',
              )}
            </Alert>
          ) : opened.isPending || opened.isLoadingError ? (
            <NotYet query={opened} what={t('review.case.failed', 'The case could not be read')}>
              <Skeleton lines={14} height={20} />
            </NotYet>
          ) : (
            <>
              <Case
                opened={opened.data}
                now={now}
                instead={
                  opened.data.answer === null && (
                    <CommitFirst key={decisionId} opened={opened.data} lease={isHeld ? lease : null} />
                  )
                }
              />
              {isHeld ? (
                opened.data.answer !== null && (
                  <DecisionForm
                    key={decisionId}
                    opened={opened.data}
                    lease={lease}
                    isPending={decide.isPending && decide.variables.id === decisionId}
                    problem={decide.variables?.id === decisionId ? decide.error : null}
                    onDecide={record}
                  />
                )
              ) : (
                <Unclaimed
                  opened={opened.data}
                  now={now}
                  canClaim={canClaim}
                  claiming={claim.isPending}
                  problem={decide.variables?.id === decisionId ? decide.error : null}
                  onClaim={take}
                  onNext={() => void takeNext()}
                />
              )}
            </>
          )}
        </div>
      </div>
      {undoable !== null && (
        <UndoBar
          key={undoable.decisionId}
          undoable={undoable}
          onUndone={(id) => {
            setUndoable(null);
            go(id);
          }}
        />
      )}
      {dialog === 'keys' && <KeyHelp sheet={reviewSheet()} onClose={() => setDialog(null)} />}
      {dialog === 'figures' && <Figures onClose={() => setDialog(null)} />}
      {dialog === 'hand over' && opened.data !== undefined && (
        <HandOver
          item={opened.data.item}
          onClose={() => setDialog(null)}
          onDone={() => {
            setDialog(null);
            void takeNext();
          }}
        />
      )}
    </PluginPage>
  );
}

/** A case is read from its beginning, however far the one before was scrolled; on a small screen the page is what scrolls. */
function FromItsBeginning({ column }: { column: RefObject<HTMLElement | null> }) {
  useLayoutEffect(() => {
    column.current?.scrollTo({ top: 0 });
    if ((column.current?.getBoundingClientRect().top ?? 0) < 0) column.current?.scrollIntoView({ block: 'start' });
  }, [column]);
  return null;
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({
    display: 'grid',
    gridTemplateColumns: '320px minmax(0, 1fr)',
    gap: theme.spacing(3),
    height: 'calc(100vh - 150px)',
    [theme.breakpoints.down('md')]: { gridTemplateColumns: 'minmax(0, 1fr)', height: 'auto' },
  }),
  left: css({ display: 'flex', flexDirection: 'column', minHeight: 0 }),
  case: css({
    paddingRight: theme.spacing(1),
    [theme.breakpoints.up('md')]: { overflowY: 'auto' },
    // It has the focus only so that keys scroll it.
    '&:focus-visible': { outline: 'none', boxShadow: 'none' },
  }),
  // On a small screen there is the queue or the case.
  aside: css({ [theme.breakpoints.down('md')]: { display: 'none' } }),
  back: css({ marginBottom: theme.spacing(1), [theme.breakpoints.up('md')]: { display: 'none' } }),
});
