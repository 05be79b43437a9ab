/** A reviewer's own figures: for themselves, beside what others do, and of planted cases only how many were found. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { OwnFigures } from '@countersign/contract';
import { Modal, useStyles2 } from '@grafana/ui';
import { useOwnFigures } from '../api/reviews';
import { Empty, Failed, Skeleton } from '../parts/states';
import { percent } from '../parts/words';

export function Figures({ onClose }: { onClose: () => void }) {
  const figures = useOwnFigures();
  return (
    <Modal title="How you decide" isOpen onDismiss={onClose}>
      {figures.isPending ? (
        <Skeleton lines={6} />
      ) : figures.isError ? (
        <Failed what="Your figures could not be read" error={figures.error} retry={() => void figures.refetch()} />
      ) : figures.data.every(({ reviews, golds }) => reviews + golds === 0) ? (
        <Empty title="Nothing yet">Your figures appear with your first decision. Only you see them here.</Empty>
      ) : (
        figures.data.map((own) => <Workflow key={own.workflow_id} own={own} />)
      )}
    </Modal>
  );
}

function Workflow({ own }: { own: OwnFigures }) {
  const styles = useStyles2(getStyles);
  const seconds = (ms: number | null) => (ms === null ? 'not known' : `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`);
  const share = (value: number | null) => (value === null ? 'not known yet' : percent(value));
  return (
    <section aria-label={own.title}>
      <h3>{own.title}</h3>
      <dl className={styles} data-testid="figures">
        <dt>Decided</dt>
        <dd>{own.reviews} cases</dd>
        <dt>Changed what the AI said</dt>
        <dd>{share(own.override_rate)}</dd>
        <dt>Time on a case (median)</dt>
        <dd>
          {seconds(own.review_ms)}; others {seconds(own.others_review_ms)}
        </dd>
        <dt>Planted errors found</dt>
        <dd>{own.golds === 0 ? 'none seen yet' : `${share(own.catch_rate)} of ${own.golds}`}</dd>
        <dt>Borne out by what turned out true</dt>
        <dd>{share(own.borne_out)}</dd>
      </dl>
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) =>
  css({
    display: 'grid',
    gridTemplateColumns: 'max-content 1fr',
    gap: theme.spacing(0.5, 3),
    dt: { fontWeight: 'normal', color: theme.colors.text.secondary },
    dd: { margin: 0 },
  });
