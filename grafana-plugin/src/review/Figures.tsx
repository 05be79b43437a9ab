/** A reviewer's own figures: for themselves, beside what others do, and of planted cases only how many were found. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { OwnFigures } from '@countersign/contract';
import { Modal, useStyles2 } from '@grafana/ui';
import { useOwnFigures } from '../api/reviews';
import { t } from '../parts/i18n';
import { Empty, NotYet, Skeleton } from '../parts/states';
import { percent } from '../parts/words';

export function Figures({ onClose }: { onClose: () => void }) {
  const figures = useOwnFigures();
  return (
    <Modal title={t('review.figures.title', 'How you decide')} isOpen onDismiss={onClose}>
      {figures.isPending || figures.isLoadingError ? (
        <NotYet query={figures} what={t('review.figures.failed', 'Your figures could not be read')}>
          <Skeleton lines={6} />
        </NotYet>
      ) : figures.data.every(({ reviews, golds }) => reviews + golds === 0) ? (
        <Empty title={t('review.figures.empty', 'Nothing yet')}>
          {t('review.figures.empty-next', 'Your figures appear with your first decision. Only you see them here.')}
        </Empty>
      ) : (
        figures.data.map((own) => <Workflow key={own.workflow_id} own={own} />)
      )}
    </Modal>
  );
}

const seconds = (ms: number | null) =>
  ms === null
    ? t('review.figures.no-time', 'not known')
    : t('review.figures.seconds', '{{seconds}} s', { seconds: (ms / 1_000).toFixed(ms < 10_000 ? 1 : 0) });
const share = (value: number | null) =>
  value === null ? t('review.figures.no-share', 'not known yet') : percent(value);

function Workflow({ own }: { own: OwnFigures }) {
  const styles = useStyles2(getStyles);
  return (
    <section aria-label={own.title}>
      <h3>{own.title}</h3>
      <dl className={styles} data-testid="figures">
        <dt>{t('review.figures.decided', 'Decided')}</dt>
        <dd>
          {t('review.figures.cases', '', {
            count: own.reviews,
            defaultValue_one: '{{count}} case',
            defaultValue_other: '{{count}} cases',
          })}
        </dd>
        <dt>{t('review.figures.changed', 'Changed what the AI said')}</dt>
        <dd>{share(own.override_rate)}</dd>
        <dt>{t('review.figures.time', 'Time on a case (median)')}</dt>
        <dd>
          {t('review.figures.times', '{{own}}; others {{others}}', {
            own: seconds(own.review_ms),
            others: seconds(own.others_review_ms),
          })}
        </dd>
        <dt>{t('review.figures.planted', 'Planted errors found')}</dt>
        <dd>
          {own.golds === 0
            ? t('review.figures.none-planted', 'none seen yet')
            : t('review.figures.found', '{{share}} of {{golds}}', { share: share(own.catch_rate), golds: own.golds })}
        </dd>
        <dt>{t('review.figures.borne-out', 'Borne out by what turned out true')}</dt>
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
