/** The response page: what is wrong now, who may act, and the levers to change that. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { Alert as AlertData, Breaker, ModelVersionState, ResponseOverview } from '@countersign/contract';
import { PluginPage } from '@grafana/runtime';
import { Badge, Button, useStyles2 } from '@grafana/ui';
import { useState, type ReactNode } from 'react';
import { useResponse, useRetry, useRollback, useTrip } from '../api/response';
import { Empty, Failed, Skeleton } from '../parts/states';
import { useNow } from '../parts/use-now';
import { breakerColor, breakerText, modelText, percent, signalText, span, tierColor, tierText } from '../parts/words';
import { may } from '../routes';
import { ActModal } from './ActModal';
import { Signals } from './Signals';

type Act =
  | { readonly is: 'trip' | 'retry'; readonly workflow: string; readonly model: string }
  | { readonly is: 'rollback'; readonly workflow: string; readonly model: string; readonly version: string };

export default function ResponsePage() {
  const overview = useResponse();
  const [act, setAct] = useState<Act | null>(null);
  return (
    <PluginPage
      pageNav={{ text: 'Response', subTitle: 'Alerts, breakers and model versions: what is wrong, and the levers.' }}
    >
      {overview.isPending ? (
        <Skeleton lines={12} height={24} />
      ) : overview.isError ? (
        <Failed
          what="The state of the loop could not be read"
          error={overview.error}
          retry={() => void overview.refetch()}
        />
      ) : (
        <Overview overview={overview.data} onAct={setAct} />
      )}
      {act !== null && <Confirm act={act} onClose={() => setAct(null)} />}
    </PluginPage>
  );
}

function Overview({ overview, onAct }: { overview: ResponseOverview; onAct: (act: Act) => void }) {
  const now = useNow();
  const open = overview.alerts.filter(({ resolved_at }) => resolved_at === null);
  const ended = overview.alerts.filter(({ resolved_at }) => resolved_at !== null);
  return (
    <>
      <Section title="Authority">
        {overview.models.length === 0 ? (
          <Empty title="No model has decided yet">
            When a service records its first decision, its model and breaker appear here.
          </Empty>
        ) : (
          modelsOf(overview).map(({ workflow, model, versions, breaker }) => (
            <Authority key={`${workflow} ${model}`} {...{ workflow, model, versions, breaker, now, onAct }} />
          ))
        )}
      </Section>
      <Section title="Open alerts">
        {open.length === 0 ? (
          <Empty title="No alert is open">Alerts open by themselves when a signal passes the policy’s threshold.</Empty>
        ) : (
          open.map((alert) => <AlertRow key={alert.alert_id} alert={alert} people={overview.people} now={now} />)
        )}
      </Section>
      <Section title="Signals">
        <Signals signals={overview.signals} people={overview.people} />
      </Section>
      {ended.length > 0 && (
        <Section title="Ended alerts">
          {ended.map((alert) => (
            <AlertRow key={alert.alert_id} alert={alert} people={overview.people} now={now} />
          ))}
        </Section>
      )}
    </>
  );
}

interface ModelAuthority {
  readonly workflow: string;
  readonly model: string;
  readonly versions: readonly ModelVersionState[];
  readonly breaker: Breaker | undefined;
}

function modelsOf({ models, breakers }: ResponseOverview): ModelAuthority[] {
  const keys = [...new Set(models.map((m) => JSON.stringify([m.workflow_id, m.model_name])))];
  return keys.map((key) => {
    const [workflow = '', model = ''] = JSON.parse(key) as string[];
    return {
      workflow,
      model,
      versions: models.filter((m) => m.workflow_id === workflow && m.model_name === model),
      breaker: breakers.find((b) => b.workflow_id === workflow && b.model_name === model),
    };
  });
}

function Authority({
  workflow,
  model,
  versions,
  breaker,
  now,
  onAct,
}: ModelAuthority & { now: number; onAct: (act: Act) => void }) {
  const styles = useStyles2(getStyles);
  const state = breaker?.state ?? 'closed';
  return (
    <div className={styles.card} data-testid="breaker" data-state={state}>
      <div className={styles.row}>
        <strong>
          {workflow} · {model}
        </strong>
        <Badge text={breakerText[state]} color={breakerColor[state]} />
        <span className={styles.grow} />
        {may('operate') && state !== 'forced_open' && (
          <Button variant="destructive" size="sm" onClick={() => onAct({ is: 'trip', workflow, model })}>
            Stop the AI
          </Button>
        )}
        {may('approve') && (state === 'open' || state === 'forced_open') && (
          <Button variant="secondary" size="sm" onClick={() => onAct({ is: 'retry', workflow, model })}>
            Try canaries
          </Button>
        )}
      </div>
      {breaker !== undefined && (
        <p className={styles.quiet}>
          {span(now - Date.parse(breaker.since))} ago by {breaker.by.split('#').at(-1)}: {breaker.reason}
        </p>
      )}
      {breaker?.phase && (
        <p data-testid="canaries">
          Canary phase {breaker.phase.number} of {breaker.phase.of}: the AI takes {percent(breaker.canary_share)};
          people have checked {breaker.phase.verified} of {breaker.phase.needed}, and changed {breaker.phase.overrides}.
        </p>
      )}
      <ul className={styles.versions}>
        {versions.map((v) => (
          <li key={v.version} className={styles.row}>
            <span>
              Version {v.version} <code title={v.hash}>{v.hash.slice(7, 15)}</code>
            </span>
            {v.active ? (
              <Badge text="in use" color="green" />
            ) : v.rolled_back_at ? (
              <Badge text="rolled back" color="red" />
            ) : (
              <Badge text="earlier" color="blue" />
            )}
            {may('approve') && v.active && versions.some((other) => other !== v && other.rolled_back_at === null) && (
              <Button
                variant="secondary"
                size="sm"
                onClick={() => onAct({ is: 'rollback', workflow, model, version: v.version })}
              >
                Roll back
              </Button>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function AlertRow({ alert, people, now }: { alert: AlertData; people: ResponseOverview['people']; now: number }) {
  const styles = useStyles2(getStyles);
  const tier = alert.tier ?? alert.highest_tier;
  return (
    <div className={styles.card} data-testid="alert" data-tier={alert.tier ?? 'resolved'}>
      <div className={styles.row}>
        <Badge
          text={alert.tier === null ? `Ended (${tierText[tier]})` : tierText[tier]}
          color={alert.tier === null ? 'blue' : tierColor[tier]}
        />
        <strong>
          {signalText(alert.signal, alert.subject, people)}: {modelText(alert)}
        </strong>
        <span className={styles.quiet}>{span(now - Date.parse(alert.updated_at))} ago</span>
      </div>
      <p>{alert.summary}</p>
    </div>
  );
}

function Confirm({ act, onClose }: { act: Act; onClose: () => void }) {
  const trip = useTrip();
  const retry = useRetry();
  const rollback = useRollback();
  const scope = { workflow_id: act.workflow, model_name: act.model };
  const done = { onSuccess: onClose };
  switch (act.is) {
    case 'trip':
      return (
        <ActModal
          title="Stop the AI"
          explains={`Every case of ${act.workflow} goes to people until two others give authority back.`}
          confirm="Stop the AI"
          destructive
          pending={trip.isPending}
          onConfirm={(justification) => trip.mutate({ ...scope, justification }, done)}
          onClose={onClose}
        />
      );
    case 'retry':
      return (
        <ActModal
          title="Try canaries"
          explains="The AI takes a small share of cases again, and a person checks each of them."
          confirm="Try canaries"
          destructive={false}
          pending={retry.isPending}
          onConfirm={(justification) => retry.mutate({ ...scope, justification }, done)}
          onClose={onClose}
        />
      );
    case 'rollback':
      return (
        <ActModal
          title={`Roll back ${act.model} ${act.version}`}
          explains="This version loses all authority for good. The one before takes its place, and an open breaker goes on to canaries."
          confirm="Roll back"
          destructive
          pending={rollback.isPending}
          onConfirm={(justification) => rollback.mutate({ ...scope, version: act.version, justification }, done)}
          onClose={onClose}
        />
      );
  }
}

const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <section>
    <h2 style={{ fontSize: 18, marginTop: 24 }}>{title}</h2>
    {children}
  </section>
);

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    padding: theme.spacing(1.5),
    marginBottom: theme.spacing(1),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    p: { margin: theme.spacing(0.5, 0, 0) },
  }),
  row: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1.5), alignItems: 'center' }),
  grow: css({ flex: 1 }),
  quiet: css({ color: theme.colors.text.secondary }),
  versions: css({
    listStyle: 'none',
    margin: theme.spacing(1, 0, 0),
    padding: 0,
    li: { padding: theme.spacing(0.25, 0) },
  }),
});
