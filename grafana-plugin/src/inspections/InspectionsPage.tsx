/** Periodic audits: those that were drawn, and a form to draw the next. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { Inspection, LoopMap } from '@countersign/contract';
import { PluginPage } from '@grafana/runtime';
import { Alert, Badge, Button, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router-dom';
import { useInspections } from '../api/audit';
import { useLoops } from '../api/loops';
import { t } from '../parts/i18n';
import { Empty, NotYet, Skeleton } from '../parts/states';
import { routes } from '../routes';
import { DrawForm, type Wish } from './DrawForm';
import { isCovered, lastQuarter } from './quarters';

export default function InspectionsPage() {
  const inspections = useInspections();
  // Asked for along with them: nothing may come in above what is being read.
  const loops = useLoops();
  const navigate = useNavigate();
  const [drawing, setDrawing] = useState<Partial<Wish> | null>(null);
  return (
    <PluginPage
      pageNav={{
        text: t('inspections.title', 'Periodic audits'),
        subTitle: t(
          'inspections.subtitle',
          'A sample of decisions by risk, drawn so that anybody can draw it again, looked at and signed off.',
        ),
        parentItem: { text: t('audit.title', 'Audit'), url: routes.audit() },
      }}
      actions={<Button onClick={() => setDrawing({})}>{t('inspections.draw', 'Draw a sample')}</Button>}
    >
      {inspections.isPending || inspections.isLoadingError ? (
        <NotYet query={inspections} what={t('inspections.failed', 'The audits could not be read')}>
          <Skeleton lines={6} height={36} />
        </NotYet>
      ) : loops.isPending ? (
        <Skeleton lines={6} height={36} />
      ) : (
        <>
          <Due loops={loops.data ?? []} inspections={inspections.data} onDraw={setDrawing} />
          {inspections.data.length === 0 ? (
            <Empty title={t('inspections.none', 'No audit has been drawn yet')}>
              {t('inspections.none-help', 'Draw a sample of last quarter’s decisions, and look at them one by one.')}
            </Empty>
          ) : (
            <List items={inspections.data} />
          )}
        </>
      )}
      {drawing !== null && (
        <DrawForm like={drawing} onClose={() => setDrawing(null)} onDrawn={(id) => navigate(routes.inspection(id))} />
      )}
    </PluginPage>
  );
}

/** Workflows of whose last quarter nobody has drawn a sample. */
interface DueProps {
  readonly loops: readonly LoopMap[];
  readonly inspections: readonly Inspection[];
  readonly onDraw: (like: Partial<Wish>) => void;
}

function Due({ loops, inspections, onDraw }: DueProps) {
  const [quarter] = useState(() => lastQuarter(new Date()));
  const due = loops.filter(({ workflow_id }) => !isCovered(workflow_id, quarter, inspections));
  if (due.length === 0) return null;
  return (
    <Alert
      severity="info"
      title={t('inspections.due', 'Last quarter’s decisions have not been audited ({{quarter}})', {
        quarter: quarter.name,
      })}
    >
      {due.map(({ workflow_id, title }) => (
        <Button
          key={workflow_id}
          size="sm"
          variant="secondary"
          style={{ marginRight: 8 }}
          onClick={() =>
            onDraw({
              workflow: workflow_id,
              from: quarter.from,
              to: quarter.to,
              title: t('inspections.title-of', '{{title}}, {{quarter}}', { title, quarter: quarter.name }),
            })
          }
        >
          {t('inspections.draw-of', 'Draw a sample of {{title}}', { title })}
        </Button>
      ))}
    </Alert>
  );
}

function List({ items }: { items: readonly Inspection[] }) {
  const styles = useStyles2(getStyles);
  return (
    <table className={styles} data-testid="inspections">
      <thead>
        <tr>
          <th scope="col">{t('inspections.what', 'Audit')}</th>
          <th scope="col">{t('inspections.workflow', 'Workflow')}</th>
          <th scope="col">{t('inspections.time', 'Decisions from')}</th>
          <th scope="col">{t('inspections.looked-at', 'Looked at')}</th>
          <th scope="col">{t('inspections.wanting', 'Wanting')}</th>
          <th scope="col">{t('inspections.state', 'State')}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr key={one.inspection_id}>
            <td>
              <Link to={routes.inspection(one.inspection_id)}>{one.title}</Link>
            </td>
            <td>{one.workflow_id}</td>
            <td>
              {dayOf(one.from)} – {dayOf(one.to)}
            </td>
            <td>
              {t('inspections.of', '{{looked}} of {{all}}', {
                looked: one.looked_at,
                all: one.drawn.reduce((sum, { sample }) => sum + sample, 0),
              })}
            </td>
            <td>{one.wanting}</td>
            <td>
              {one.signed_off === null ? (
                <Badge text={t('inspections.open', 'open')} color="orange" />
              ) : (
                <Badge
                  text={t('inspections.signed', 'signed off by {{name}}', { name: one.signed_off.by.name })}
                  color="green"
                />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** As it was asked for: in UTC. */
const dayOf = (at: string) => new Date(at).toLocaleDateString(undefined, { timeZone: 'UTC' });

const getStyles = (theme: GrafanaTheme2) =>
  css({
    width: '100%',
    'th, td': { padding: theme.spacing(1), textAlign: 'left' },
    th: { color: theme.colors.text.secondary, fontWeight: 'normal' },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
    a: { color: theme.colors.text.link },
  });
