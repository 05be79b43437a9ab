/** One periodic audit: its sample, decision by decision, and the sign-off. G finds good, W wanting, J and K move. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { InspectedDecision, OpenInspection, RiskTier } from '@countersign/contract';
import { PluginPage } from '@grafana/runtime';
import { Badge, Button, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { useInspection } from '../api/audit';
import { LogWatch } from '../audit/LogWatch';
import { RecordDetail } from '../audit/RecordDetail';
import { t } from '../parts/i18n';
import { Empty, NotYet, Skeleton } from '../parts/states';
import { KeyHelp, type Sheet } from '../parts/KeyHelp';
import { useKeys } from '../parts/use-keys';
import { riskText } from '../parts/words';
import { routes } from '../routes';
import { DrawForm, type Wish } from './DrawForm';
import { FoundBy, Judge } from './Judge';
import { OnRecord } from './OnRecord';
import { Proven } from './Proven';
import { utcField } from './quarters';
import { Seed } from './Seed';
import { SignOff } from './SignOff';

export default function InspectionPage() {
  const { inspectionId = '' } = useParams();
  const opened = useInspection(inspectionId);
  return (
    <PluginPage
      pageNav={{
        text: opened.data?.inspection.title ?? t('inspection.title', 'Audit'),
        subTitle: t(
          'inspection.subtitle',
          'J and K move, G finds a decision good, W finds it wanting. Press ? for the keys.',
        ),
        parentItem: { text: t('inspections.title', 'Periodic audits'), url: routes.inspections() },
      }}
    >
      <LogWatch />
      {opened.isPending || opened.isLoadingError ? (
        <NotYet query={opened} what={t('inspection.failed', 'The audit could not be read')}>
          <Skeleton lines={12} height={28} />
        </NotYet>
      ) : (
        <Sample opened={opened.data} />
      )}
    </PluginPage>
  );
}

function Sample({ opened }: { opened: OpenInspection }) {
  const { inspection, decisions, asker } = opened;
  const styles = useStyles2(getStyles);
  const [at, setAt] = useState(0);
  const [shown, setShown] = useState<string | null>(null);
  const decision = decisions[at];
  const isOpen = inspection.signed_off === null;
  const move = (by: number) => setAt((before) => Math.max(0, Math.min(decisions.length - 1, before + by)));
  const [helps, setHelps] = useState(false);
  const [isDrawing, setDrawing] = useState(false);
  const navigate = useNavigate();
  useKeys({ j: () => move(1), k: () => move(-1), '?': () => setHelps(true) });
  return (
    <div className={styles.page}>
      <div>
        <p>
          {inspection.drawn
            .map(({ risk_tier, sample, of }) =>
              t('inspection.drawn', '{{sample}} of {{of}} of {{risk}}', { sample, of, risk: riskText(risk_tier) }),
            )
            .join(', ')}
          .{' '}
          {t('inspection.log-size', 'Drawn by {{name}} from the first {{size}} records of the log.', {
            name: inspection.drawn_by.name,
            size: inspection.log_size,
          })}{' '}
          <Button size="sm" variant="secondary" fill="text" onClick={() => setDrawing(true)}>
            {t('inspection.again', 'Draw it again')}
          </Button>
        </p>
        <Seed inspection={inspection} />
        <OnRecord opened={opened} />
        <ol className={styles.list} aria-label={t('inspection.sample', 'Sample')} data-testid="sample">
          {decisions.map((one, i) => (
            <li key={one.log_index} ref={i === at ? intoView : null}>
              <button
                type="button"
                className={cx(styles.item, i === at && styles.selected)}
                onClick={() => setAt(i)}
                aria-current={i === at}
              >
                {one.log_index} · {riskText(one.risk_tier)} <Found finding={one.finding} />
              </button>
            </li>
          ))}
        </ol>
        <SignOff
          inspectionId={inspection.inspection_id}
          signedOff={inspection.signed_off}
          left={decisions.filter(({ finding }) => finding === null).length}
        />
      </div>
      <div>
        {decision === undefined ? null : decision.record === null ? (
          <Empty title={t('inspection.dropped', 'This record is not kept any more')}>
            {t('inspection.dropped-help', 'Retention has dropped it. Its hash is still in the log.')}
          </Empty>
        ) : (
          <>
            <Proven
              key={decision.record.event_id}
              record={decision.record}
              logIndex={decision.log_index}
              onOpen={setShown}
            />
            <Button
              className={styles.proof}
              size="sm"
              variant="secondary"
              onClick={() => setShown(decision.record?.event_id ?? null)}
            >
              {t('inspection.proof', 'The record with its proof')}
            </Button>
            {isOpen && (decision.found_by === null || decision.found_by.id === asker) ? (
              <Judge
                key={decision.log_index}
                inspectionId={inspection.inspection_id}
                decision={decision}
                onDone={() => move(1)}
              />
            ) : (
              <FoundBy decision={decision} />
            )}
          </>
        )}
      </div>
      {isDrawing && (
        <DrawForm
          like={wishOf(inspection)}
          onClose={() => setDrawing(false)}
          onDrawn={(id) => {
            setDrawing(false);
            navigate(routes.inspection(id));
          }}
        />
      )}
      {helps && <KeyHelp sheet={sheet()} onClose={() => setHelps(false)} />}
      {shown !== null && <RecordDetail key={shown} eventId={shown} onClose={() => setShown(null)} onOpen={setShown} />}
    </div>
  );
}

/** What draws the same sample again, from the records that the log had then. */
const wishOf = ({ title, workflow_id, from, to, seed, log_size, drawn }: OpenInspection['inspection']): Wish => {
  const sampleOf = (tier: RiskTier) => drawn.find(({ risk_tier }) => risk_tier === tier)?.sample ?? 0;
  return {
    title: t('inspection.title-again', '{{title}}, drawn again', { title }),
    workflow: workflow_id,
    from: utcField(from),
    to: utcField(to),
    seed,
    logSize: String(log_size),
    wanted: { low: sampleOf('low'), medium: sampleOf('medium'), high: sampleOf('high') },
  };
};

const sheet = (): Sheet => [
  ['J, K', t('inspection.keys.move', 'Next decision, decision before')],
  ['G', t('inspection.keys.good', 'It is as it should be')],
  ['W', t('inspection.keys.wanting', 'It is wanting; say first what')],
  [t('review.keys.escape', 'Esc'), t('review.keys.leave', 'Leave the text')],
];

function Found({ finding }: Pick<InspectedDecision, 'finding'>) {
  if (finding === null) return null;
  return finding === 'good' ? (
    <Badge text={t('inspection.good', 'good')} color="green" />
  ) : (
    <Badge text={t('inspection.wanting', 'wanting')} color="red" />
  );
}

const intoView = (element: HTMLElement | null) => element?.scrollIntoView({ block: 'nearest' });

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({
    display: 'grid',
    gridTemplateColumns: 'minmax(260px, 1fr) minmax(0, 2fr)',
    gap: theme.spacing(3),
    [theme.breakpoints.down('md')]: { gridTemplateColumns: 'minmax(0, 1fr)' },
  }),
  proof: css({ marginBottom: theme.spacing(2) }),
  list: css({ listStyle: 'none', margin: theme.spacing(1, 0), padding: 0, maxHeight: '50vh', overflowY: 'auto' }),
  item: css({
    width: '100%',
    padding: theme.spacing(0.5, 1),
    textAlign: 'left',
    background: 'none',
    border: 0,
    borderLeft: '3px solid transparent',
  }),
  selected: css({ background: theme.colors.action.selected, borderLeftColor: theme.colors.primary.main }),
});
