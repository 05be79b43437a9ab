/** The review page: the queue on the left, one case on the right, the decision below it. All of it by keyboard. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { Claim, QueueItem } from '@countersign/contract';
import { PluginPage } from '@grafana/runtime';
import { Alert, Button, useStyles2 } from '@grafana/ui';
import { useCallback, useEffect, useState } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { post } from '../api/client';
import { releaseClaim, renewClaim, useCase, useClaim, useQueue, useRelease } from '../api/reviews';
import { Empty, Failed, Skeleton } from '../parts/states';
import { useKeys } from '../parts/use-keys';
import { useNow } from '../parts/use-now';
import { may, routes } from '../routes';
import { Case } from './Case';
import { DecisionForm } from './DecisionForm';
import { KeyHelp } from './KeyHelp';
import { Queue } from './Queue';

const renewEveryMs = 60_000;

export default function ReviewPage() {
  const styles = useStyles2(getStyles);
  const { decisionId } = useParams();
  const navigate = useNavigate();
  const now = useNow();
  const queue = useQueue();
  const opened = useCase(decisionId);
  const claim = useClaim();
  const release = useRelease();
  const [help, setHelp] = useState(false);
  const lease = opened.data?.lease ?? null;
  const decided = opened.data?.item.state === 'decided';
  useKeepClaim(decisionId, lease !== null && !decided);

  const items = queue.data?.items ?? [];
  const move = (by: number) => {
    const at = items.findIndex((item) => item.decision_id === decisionId);
    const next = items[at < 0 ? 0 : Math.max(0, Math.min(items.length - 1, at + by))];
    if (next !== undefined) navigate(routes.review(next.decision_id));
  };
  const takeNext = useCallback(async () => {
    // None waiting, or lost the race: the queue says so by itself.
    const next = await post<Claim>('v1/reviews/claim-next', {}).catch(() => null);
    navigate(routes.review(next?.item.decision_id));
  }, [navigate]);
  const canClaim = may('decide') && opened.data !== undefined && lease === null && opened.data.item.state === 'waiting';
  const take = () => {
    if (canClaim && decisionId !== undefined && !claim.isPending) claim.mutate(decisionId);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    c: take,
    n: () => may('decide') && void takeNext(),
    u: () => lease !== null && decisionId !== undefined && release.mutate(decisionId),
    '?': () => setHelp(true),
  });

  return (
    <PluginPage
      pageNav={{ text: 'Review', subTitle: 'Cases that wait for a person. Press ? for the keys.' }}
      actions={
        <Button variant="secondary" icon="keyboard" onClick={() => setHelp(true)}>
          Keys
        </Button>
      }
    >
      <div className={styles.page}>
        {queue.isPending ? (
          <Skeleton lines={10} height={44} />
        ) : queue.isError ? (
          <Failed what="The queue could not be read" error={queue.error} retry={() => void queue.refetch()} />
        ) : (
          <Queue queue={queue.data} selected={decisionId} now={now} />
        )}
        <div className={styles.case}>
          {decisionId === undefined ? (
            <Empty title="No case is open">Press N to claim the most urgent one, or choose one on the left.</Empty>
          ) : opened.isPending ? (
            <Skeleton lines={14} height={20} />
          ) : opened.isError ? (
            <Failed what="The case could not be read" error={opened.error} retry={() => void opened.refetch()} />
          ) : (
            <>
              <Case opened={opened.data} now={now} />
              {lease !== null && !decided ? (
                <DecisionForm key={decisionId} opened={opened.data} lease={lease} onDecided={() => void takeNext()} />
              ) : (
                <Unclaimed
                  item={opened.data.item}
                  canClaim={canClaim}
                  claiming={claim.isPending}
                  onClaim={take}
                  onNext={() => void takeNext()}
                />
              )}
            </>
          )}
        </div>
      </div>
      {help && <KeyHelp onClose={() => setHelp(false)} />}
    </PluginPage>
  );
}

/** Renews the claim while the page is in front, and gives it up when the case is left. */
function useKeepClaim(decisionId: string | undefined, held: boolean): void {
  useEffect(() => {
    if (decisionId === undefined || !held) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void renewClaim(decisionId).catch(() => undefined);
    }, renewEveryMs);
    return () => {
      clearInterval(timer);
      // Refused when it was decided meanwhile, which is the usual way to leave a case.
      void releaseClaim(decisionId).catch(() => undefined);
    };
  }, [decisionId, held]);
}

interface UnclaimedProps {
  readonly item: QueueItem;
  readonly canClaim: boolean;
  readonly claiming: boolean;
  readonly onClaim: () => void;
  readonly onNext: () => void;
}

function Unclaimed({ item, canClaim, claiming, onClaim, onNext }: UnclaimedProps) {
  if (item.state === 'decided') {
    return (
      <Alert severity="info" title="This case is decided">
        <Button variant="secondary" size="sm" onClick={onNext}>
          Claim the next one (N)
        </Button>
      </Alert>
    );
  }
  if (item.claimed_by !== null) {
    return <Alert severity="info" title={`${item.claimed_by.name} is working on this case`} />;
  }
  if (!canClaim) return <Alert severity="info" title="You may look at cases, but not decide them" />;
  return (
    <Button size="lg" onClick={onClaim} disabled={claiming} data-testid="claim">
      Claim this case (C)
    </Button>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({
    display: 'grid',
    gridTemplateColumns: '320px minmax(0, 1fr)',
    gap: theme.spacing(3),
    height: 'calc(100vh - 150px)',
    [theme.breakpoints.down('md')]: { gridTemplateColumns: 'minmax(0, 1fr)', height: 'auto' },
  }),
  case: css({ overflowY: 'auto', paddingRight: theme.spacing(1) }),
});
