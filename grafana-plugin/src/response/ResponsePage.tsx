/** The response page: what is wrong now, who may act, and the levers to change that. */
import type { ResponseOverview } from '@countersign/contract';
import { PluginPage } from '@grafana/runtime';
import { useState, type ReactNode } from 'react';
import { useSearchParams } from 'react-router-dom';
import { useResponse } from '../api/response';
import { t } from '../parts/i18n';
import { Empty, NotYet, Skeleton } from '../parts/states';
import { useNow } from '../parts/use-now';
import { WorkflowChoice } from '../parts/WorkflowField';
import { ActOnAuthority, type Act } from './ActOnAuthority';
import { AlertRow } from './AlertRow';
import { Authority, modelsOf } from './Authority';
import { Incidents } from './Incidents';
import { Rollbacks } from './Rollbacks';
import { Signals } from './Signals';
import { Silences } from './Silences';

export default function ResponsePage() {
  const [search, setSearch] = useSearchParams();
  const incident = search.get('incident');
  const workflow = search.get('workflow');
  const overview = useResponse(uuid.test(incident ?? '') ? incident : null);
  const [act, setAct] = useState<Act | null>(null);
  return (
    <PluginPage
      pageNav={{
        text: t('response.title', 'Response'),
        subTitle: t(
          'response.explains',
          'Incidents, breakers, model versions and alerts: what is wrong, and the levers.',
        ),
      }}
    >
      {overview.isPending || overview.isLoadingError ? (
        <NotYet query={overview} what={t('response.failed-to-read', 'The state of the loop could not be read')}>
          <Skeleton lines={12} height={24} />
        </NotYet>
      ) : (
        <>
          <WorkflowChoice
            width={40}
            value={workflow}
            onChange={(chosen) =>
              setSearch((before) => {
                const after = new URLSearchParams(before);
                if (chosen === null) after.delete('workflow');
                else after.set('workflow', chosen);
                return after;
              })
            }
          />
          <Overview overview={of(overview.data, workflow)} wanted={incident} onAct={setAct} />
        </>
      )}
      {act !== null && <ActOnAuthority act={act} onClose={() => setAct(null)} />}
    </PluginPage>
  );
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Of one workflow; of all when none is asked for. */
function of(overview: ResponseOverview, workflow: string | null): ResponseOverview {
  if (workflow === null) return overview;
  const isOf = ({ workflow_id }: { readonly workflow_id: string }) => workflow_id === workflow;
  return {
    ...overview,
    alerts: overview.alerts.filter(isOf),
    incidents: overview.incidents.filter(isOf),
    silences: overview.silences.filter(isOf),
    rollbacks: overview.rollbacks.filter(isOf),
    breakers: overview.breakers.filter(isOf),
    models: overview.models.filter(isOf),
    signals: overview.signals.filter(isOf),
  };
}

interface OverviewProps {
  readonly overview: ResponseOverview;
  /** The incident that a message led here for. */
  readonly wanted: string | null;
  readonly onAct: (act: Act) => void;
}

function Overview({ overview, wanted, onAct }: OverviewProps) {
  const now = useNow();
  const open = overview.alerts.filter(({ resolved_at }) => resolved_at === null);
  const ended = overview.alerts.filter(({ resolved_at }) => resolved_at !== null);
  const { incidents, rollbacks, silences, people, runbooks } = overview;
  const isPast = (id: string, isOver: boolean) => isOver && id !== wanted;
  const present = incidents.filter(({ incident_id, state }) => !isPast(incident_id, state === 'closed'));
  const past = incidents.filter(({ incident_id, state }) => isPast(incident_id, state === 'closed'));
  return (
    <>
      {present.length > 0 && (
        <Section title={t('response.section.incidents', 'Incidents')}>
          <Incidents incidents={present} {...{ people, now, wanted }} />
        </Section>
      )}
      <Section title={t('response.section.authority', 'Authority')}>
        {overview.models.length === 0 ? (
          <Empty title={t('response.authority.empty', 'No model has decided yet')}>
            {t(
              'response.authority.empty-next',
              'When a service records its first decision, its model and breaker appear here.',
            )}
          </Empty>
        ) : (
          modelsOf(overview).map((authority) => (
            <Authority
              key={`${authority.workflow} ${authority.model}`}
              {...authority}
              people={people}
              now={now}
              onAct={onAct}
            />
          ))
        )}
      </Section>
      <Section title={t('response.section.alerts', 'Open alerts')}>
        {open.length === 0 ? (
          <Empty title={t('response.alert.empty', 'No alert is open')}>
            {t('response.alert.empty-next', 'Alerts open by themselves when a signal passes the policy’s threshold.')}
          </Empty>
        ) : (
          open.map((alert) => <AlertRow key={alert.alert_id} {...{ alert, people, runbooks, now }} />)
        )}
      </Section>
      {silences.length > 0 && (
        <Section title={t('response.section.silences', 'Silences')}>
          <Silences {...{ silences, people, now }} />
        </Section>
      )}
      {rollbacks.length > 0 && (
        <Section title={t('response.section.rollbacks', 'Decisions taken back')}>
          <Rollbacks {...{ rollbacks, people, now }} />
        </Section>
      )}
      <Section title={t('response.section.signals', 'Signals')}>
        <Signals signals={overview.signals} people={overview.people} />
      </Section>
      {past.length > 0 && (
        <Section title={t('response.section.closed-incidents', 'Closed incidents')}>
          <Incidents incidents={past} {...{ people, now, wanted }} />
        </Section>
      )}
      {ended.length > 0 && (
        <Section title={t('response.section.ended-alerts', 'Ended alerts')}>
          {ended.map((alert) => (
            <AlertRow key={alert.alert_id} {...{ alert, people, runbooks, now }} />
          ))}
        </Section>
      )}
    </>
  );
}

const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <section>
    <h2 style={{ fontSize: 18, marginTop: 24 }}>{title}</h2>
    {children}
  </section>
);
