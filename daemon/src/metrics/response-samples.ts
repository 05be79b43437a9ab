/** How authority, cases and incidents stand, as gauges. What a policy names is told of although there is nothing: as 0. */
import { alertTiers, type Breaker, type ModelVersionState } from '@countersign/contract';
import { sample, type Sample } from './samples.ts';

const breakerStates = ['closed', 'half_open', 'open', 'forced_open'] as const;
const incidentStates = ['open', 'acknowledged', 'resolved'] as const;

/** A model whose breaker never moved has a closed one. */
export function authoritySamples(breakers: readonly Breaker[], versions: readonly ModelVersionState[]): Sample[] {
  const keyOf = (workflow: string, model: string, tier: string) => JSON.stringify([workflow, model, tier]);
  const moved = new Map(breakers.map((b) => [keyOf(b.workflow_id, b.model_name, b.risk_tier ?? 'all'), b]));
  const known = versions.map(({ workflow_id, model_name }) => [keyOf(workflow_id, model_name, 'all'), null] as const);
  return [...new Map([...known, ...moved])].flatMap(([key, breaker]) => {
    const [workflow, model, risk_tier] = JSON.parse(key) as [string, string, string];
    const now = breaker?.state ?? 'closed';
    const labels = { workflow, model, risk_tier };
    return [
      ...breakerStates.flatMap((state) =>
        sample('countersign_breaker_state', { ...labels, state }, Number(now === state)),
      ),
      ...(breaker === null
        ? []
        : sample(
            'countersign_breaker_changed_timestamp_seconds',
            { ...labels, state: breaker.state },
            Date.parse(breaker.since) / 1000,
          )),
    ];
  });
}

export function modelSamples(versions: readonly ModelVersionState[]): Sample[] {
  return versions.flatMap(({ workflow_id, model_name, version, autonomy, first_seen_at }) => {
    const labels = { workflow: workflow_id, model: model_name, model_version: version };
    return [
      ...sample('countersign_model_version_info', { ...labels, autonomy: autonomy ?? 'uncontrolled' }, 1),
      ...sample('countersign_model_first_seen_timestamp_seconds', labels, Date.parse(first_seen_at) / 1000),
    ];
  });
}

interface QueueCount {
  readonly workflow_id: string;
  readonly waiting: number;
  readonly claimed: number;
  readonly overdue: number;
  readonly oldest: Date;
}

export function queueSamples(workflows: readonly string[], counts: readonly QueueCount[], now: Date): Sample[] {
  const all = new Set([...workflows, ...counts.map(({ workflow_id }) => workflow_id)]);
  return [...all].flatMap((workflow) => {
    const count = counts.find(({ workflow_id }) => workflow_id === workflow);
    const oldest = count === undefined ? 0 : (now.getTime() - count.oldest.getTime()) / 1000;
    return [
      ...sample('countersign_review_queue_cases', { workflow, state: 'waiting' }, count?.waiting ?? 0),
      ...sample('countersign_review_queue_cases', { workflow, state: 'claimed' }, count?.claimed ?? 0),
      ...sample('countersign_review_queue_overdue_cases', { workflow }, count?.overdue ?? 0),
      ...sample('countersign_review_queue_oldest_seconds', { workflow }, oldest),
    ];
  });
}

export interface IncidentCount {
  readonly workflow_id: string;
  readonly state: string;
  readonly count: number;
  readonly oldest: Date;
}

export function incidentSamples(
  workflows: readonly string[],
  alerts: readonly { readonly workflow_id: string; readonly tier: string; readonly count: number }[],
  incidents: readonly IncidentCount[],
  now: Date,
): Sample[] {
  const all = new Set([...workflows, ...[...alerts, ...incidents].map(({ workflow_id }) => workflow_id)]);
  return [...all].flatMap((workflow) => {
    const ofIt = incidents.filter(({ workflow_id }) => workflow_id === workflow);
    const open = ofIt.find(({ state }) => state === 'open');
    const alertsAt = (tier: string) => alerts.find((a) => a.workflow_id === workflow && a.tier === tier)?.count ?? 0;
    return [
      ...alertTiers.flatMap((tier) => sample('countersign_alerts', { workflow, tier }, alertsAt(tier))),
      ...incidentStates.flatMap((state) =>
        sample('countersign_incidents', { workflow, state }, ofIt.find((i) => i.state === state)?.count ?? 0),
      ),
      ...sample(
        'countersign_incident_unacknowledged_seconds',
        { workflow },
        open === undefined ? 0 : (now.getTime() - open.oldest.getTime()) / 1000,
      ),
    ];
  });
}
