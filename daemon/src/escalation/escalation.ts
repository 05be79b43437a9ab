/**
 * Who is told of incidents: alerts that rise open one or join it, time makes it climb, people acknowledge and close it. Each
 * step is one transaction: the incident, what is done by itself, the messages to send, and the ledger record.
 */
import {
  allModels,
  escalationDefaults,
  eventTypes,
  type AcknowledgeRequest,
  type Alert,
  type CloseRequest,
  type EscalationPolicy,
  type EscalationStep,
  type Policy,
} from '@countersign/contract';
import { reaches, type AlertMoved, type Alerts } from '../alerts/index.ts';
import type { Pool } from '../database/index.ts';
import { writtenEntry, type Ledger, type LedgerTransaction, type NewId } from '../ledger/index.ts';
import { durationOf, type Policies } from '../policies/index.ts';
import type { Channels } from './channels.ts';
import {
  needsPostmortem,
  opened,
  step,
  type Action,
  type Incident,
  type IncidentEvent,
  type IncidentMove,
} from './incident.ts';
import { messageOf, titleOf, type Links } from './message.ts';
import { heldUntil } from './quiet.ts';
import type { Silences } from './silences.ts';
import * as store from './store.ts';

export interface EscalationOptions {
  readonly pool: Pool;
  readonly ledger: Ledger;
  readonly policies: Policies;
  readonly alerts: Alerts;
  readonly silences: Silences;
  readonly channels: Channels;
  readonly links: Links;
  readonly now: () => Date;
  /** A clock that never goes back, for waits. */
  readonly timer: () => Date;
  readonly newId: NewId;
  /** Does what a tier of the chain does by itself. */
  readonly act: (tx: LedgerTransaction, action: Action, incident: Incident, reason: string) => Promise<void>;
  /** Something went wrong with one incident, and is tried again. */
  readonly onError: (error: unknown) => void;
}

interface ModelOf {
  readonly workflowId: string;
  readonly modelName: string;
}

export type Acted =
  { readonly is: 'done'; readonly message: string } | { readonly is: 'refused'; readonly reason: string };

const longestDrillMs = 3_600_000;
/** Whoever cannot be told by then is not reached. */
const triesInDrill = 3;

export class Escalation {
  private readonly options: EscalationOptions;
  /** When this process saw an incident wait at a tier for the first time. */
  private readonly seen = new Map<string, number>();

  constructor(options: EscalationOptions) {
    this.options = options;
  }

  /** The title of the incident of a model that is not closed; null when there is none. */
  async standing(tx: LedgerTransaction, scope: ModelOf): Promise<string | null> {
    return (await store.lockUnclosed(tx.client, scope.workflowId, scope.modelName))?.title ?? null;
  }

  /** What follows from an alert that has moved. */
  async hear(tx: LedgerTransaction, { is, alert: moved }: AlertMoved): Promise<void> {
    const { policies, silences, alerts, newId } = this.options;
    // As it stands now: it may have moved again since somebody looked.
    const alert = await alerts.read(tx.client, moved.alert_id);
    if (alert === null) return;
    if (is === 'ended') return this.alertEnded(tx, alert);
    const policy = policies.get(alert.workflow_id)?.policy;
    if (policy === undefined || alert.tier === null) return;
    const { opens_on, tiers, quiet_hours } = escalationOf(policy);
    if (!reaches(alert.tier, opens_on) || (await silences.cover(tx.client, alert))) return;

    const present = await store.lockUnclosed(tx.client, alert.workflow_id, alert.model_name);
    const at = this.options.timer();
    const move =
      present === null
        ? opened(
            {
              incident_id: newId(at),
              workflow_id: alert.workflow_id,
              model_name: alert.model_name,
              drill: false,
              title: titleOf(policy.title, alert),
              highest_tier: alert.tier,
              chain: tiers,
              quiet_hours,
            },
            alert.summary,
            at,
          )
        : step(
            present,
            { is: 'alert', tier: alert.tier, title: titleOf(policy.title, alert), reason: alert.summary },
            at,
          );
    if (move.is === 'unchanged') return;
    // First, so that what people are told names it.
    await alerts.join(tx.client, alert.alert_id, move.incident.incident_id);
    await this.take(tx, move, { alert_id: alert.alert_id });
  }

  private async alertEnded(tx: LedgerTransaction, alert: Alert): Promise<void> {
    if (alert.incident_id === null) return;
    const incident = await store.lockIncident(tx.client, alert.incident_id);
    if (incident === null || (await this.options.alerts.openIn(tx.client, alert.incident_id)).length > 0) return;
    await this.apply(tx, incident, { is: 'ended', reason: alert.summary });
  }

  /** Whoever has done something about a model has its incident. Nothing when there is none, or somebody has it. */
  async takenOn(tx: LedgerTransaction, scope: ModelOf, by: string, reason: string): Promise<void> {
    const incident = await store.lockUnclosed(tx.client, scope.workflowId, scope.modelName);
    if (incident !== null) await this.apply(tx, incident, { is: 'acknowledge', by, reason });
  }

  /** Someone has it: it does not climb any further. */
  acknowledge({ incident_id, justification }: AcknowledgeRequest, by: string): Promise<Acted> {
    return this.options.ledger.write(async (tx) => {
      const incident = await store.lockIncident(tx.client, incident_id);
      if (incident === null) return { is: 'refused', reason: `there is no incident ${incident_id}` };
      const move = await this.apply(tx, incident, { is: 'acknowledge', by, reason: justification });
      return acted(move, 'Acknowledged. It climbs no further.');
    });
  }

  close({ incident_id, postmortem }: CloseRequest, by: string): Promise<Acted> {
    return this.options.ledger.write(async (tx) => {
      const incident = await store.lockIncident(tx.client, incident_id);
      if (incident === null) return { is: 'refused', reason: `there is no incident ${incident_id}` };
      return acted(await this.apply(tx, incident, { is: 'close', by, postmortem }), 'The incident is closed.');
    });
  }

  /** Begins an exercise on the real path of a workflow. Nothing is paused or frozen. Null without a policy. */
  async drill(
    tx: LedgerTransaction,
    workflowId: string,
    wait: string,
    by: string,
    reason: string,
  ): Promise<{ readonly incidentId: string; readonly logIndex: number } | null> {
    const policy = this.options.policies.get(workflowId)?.policy;
    if (policy === undefined) return null;
    const { tiers } = escalationOf(policy);
    const at = this.options.timer();
    const incidentId = this.options.newId(at);
    const move = opened(
      {
        incident_id: incidentId,
        workflow_id: workflowId,
        model_name: allModels,
        drill: true,
        title: `${policy.title}: drill`,
        highest_tier: 'incident',
        chain: tiers.map((tier, i) => (i === tiers.length - 1 ? tier : { ...tier, wait })),
        // Whoever ordered it has chosen the time.
        quiet_hours: null,
      },
      reason,
      at,
    );
    return { incidentId, logIndex: await this.take(tx, { ...move, by }, {}) };
  }

  /** Does what time brings: climbs, ends silences, opens what was silenced and still stands, finishes drills. */
  async tick(): Promise<void> {
    const { pool, alerts, silences } = this.options;
    const waiting = await store.climbing(pool);
    this.forget(waiting);
    for (const { incident_id } of waiting.filter((incident) => this.isDue(incident))) {
      await this.attempt((tx) => this.climb(tx, incident_id));
    }
    await silences.endThoseOver();
    for (const alert of await alerts.unheard(pool)) {
      if (await this.opensOne(alert)) await this.attempt((tx) => this.hear(tx, { is: 'risen', alert }));
    }
    for (const { incident_id } of await store.withoutAlerts(pool)) {
      await this.attempt((tx) => this.endWithoutAlerts(tx, incident_id));
    }
    const over = await store.finishedDrills(pool, this.options.timer(), longestDrillMs, triesInDrill);
    for (const { incident_id } of over) await this.attempt((tx) => this.finishDrill(tx, incident_id));
  }

  /** What fails with one incident must not stop the others. */
  private async attempt(work: (tx: LedgerTransaction) => Promise<void>): Promise<void> {
    try {
      await this.options.ledger.write(work);
    } catch (error) {
      this.options.onError(error);
    }
  }

  private async climb(tx: LedgerTransaction, incidentId: string): Promise<void> {
    const incident = await store.lockIncident(tx.client, incidentId);
    if (incident === null || !this.isDue(incident)) return;
    const wait = incident.chain[incident.level - 1]?.wait;
    await this.apply(tx, incident, { is: 'waited', reason: `Nobody acknowledged it in ${wait}.` });
  }

  private async endWithoutAlerts(tx: LedgerTransaction, incidentId: string): Promise<void> {
    const incident = await store.lockIncident(tx.client, incidentId);
    if (incident === null || (await this.options.alerts.openIn(tx.client, incidentId)).length > 0) return;
    await this.apply(tx, incident, { is: 'ended', reason: 'No alert of it stands any more.' });
  }

  private async opensOne(alert: Alert): Promise<boolean> {
    const policy = this.options.policies.get(alert.workflow_id)?.policy;
    if (policy === undefined || alert.tier === null) return false;
    if (!reaches(alert.tier, escalationOf(policy).opens_on)) return false;
    return !(await this.options.silences.cover(this.options.pool, alert));
  }

  /** By its time; or by ours since we have seen it wait, for the time may be of a clock that was ahead. */
  private isDue(incident: Incident): boolean {
    const { climbs_at, level, chain } = incident;
    const wait = chain[level - 1]?.wait;
    if (climbs_at === null || wait === undefined) return false;
    const key = `${incident.incident_id} ${climbs_at.getTime()}`;
    const at = this.options.timer().getTime();
    const since = this.seen.get(key) ?? at;
    this.seen.set(key, since);
    return at >= climbs_at.getTime() || at - since >= durationOf(wait);
  }

  private forget(waiting: readonly Incident[]): void {
    const kept = new Set(waiting.map(({ incident_id, climbs_at }) => `${incident_id} ${climbs_at?.getTime()}`));
    for (const key of this.seen.keys()) if (!kept.has(key)) this.seen.delete(key);
  }

  private async finishDrill(tx: LedgerTransaction, incidentId: string): Promise<void> {
    const incident = await store.lockIncident(tx.client, incidentId);
    if (incident === null || incident.state === 'closed') return;
    const { workflow_id, acknowledged_by, level, chain } = incident;
    const justification =
      acknowledged_by !== null
        ? 'somebody has acknowledged it'
        : level === chain.length
          ? 'every tier was walked'
          : `it was not over in an hour, and stopped at tier ${level} of ${chain.length}`;
    const reached = await store.reached(tx.client, incidentId);
    const data = { workflow_id, incident_id: incidentId, reached, acknowledged_by, by: 'daemon', justification };
    await this.append(tx, { type: eventTypes.drill, subject: workflow_id, data });
    await this.apply(tx, incident, { is: 'ended', reason: 'The drill is over.' });
  }

  /** A message came to its end. When nobody of a tier can be reached, there is nothing to wait for. */
  messageEnded(row: store.DueNotification, ended: store.Ended): Promise<void> {
    return this.options.ledger.write(async (tx) => {
      const incident = await store.lockIncident(tx.client, row.incident_id);
      if (incident === null) return;
      if (!(await store.endNotification(tx.client, row.notification_key, ended, this.options.timer()))) return;
      const name = ({ sent: 'notified', undeliverable: 'undeliverable', not_sent: 'not_sent' } as const)[ended.outcome];
      const reason = ended.problem ?? row.kind;
      const { channel, attempts, level } = row;
      await this.record(tx, incident, name, 'daemon', reason, { channel, attempts, level });
      if (ended.outcome !== 'undeliverable' || row.kind !== 'trigger' || incident.level !== level) return;
      if (!(await store.isUnreachable(tx.client, incident.incident_id, level, row.created_at))) return;
      await this.apply(tx, incident, { is: 'waited', reason: `Nobody of tier ${level} can be reached: ${reason}` });
    });
  }

  private async apply(tx: LedgerTransaction, incident: Incident, event: IncidentEvent): Promise<IncidentMove> {
    const move = step(incident, event, this.options.timer());
    if (move.is === 'unchanged') return move;
    await this.take(tx, move, {});
    if (move.step !== 'resolved' || needsPostmortem(move.incident)) return move;
    return this.apply(tx, move.incident, { is: 'close', by: 'daemon', postmortem: null });
  }

  private async take(
    tx: LedgerTransaction,
    move: IncidentMove & { readonly is: 'moved' },
    more: Partial<EscalationStep>,
  ): Promise<number> {
    const { incident, step: name, by, reason, does } = move;
    await store.writeIncident(tx.client, incident);
    const done = incident.drill ? [] : does;
    const logIndex = await this.record(tx, incident, name, by, reason, {
      ...more,
      ...(name === 'opened' ? { chain: [...incident.chain] } : {}),
      ...(done.length > 0 ? { done: [...done] } : {}),
      ...(name === 'closed' && incident.postmortem !== null ? { postmortem: incident.postmortem } : {}),
    });
    for (const action of done) await this.options.act(tx, action, incident, reason);
    if (move.tells !== null) await this.tell(tx, move, move.tells);
    return logIndex;
  }

  /** Puts what is to be said into the outbox. */
  private async tell(
    tx: LedgerTransaction,
    { incident, reason, by }: IncidentMove & { readonly is: 'moved' },
    kind: NonNullable<(IncidentMove & { is: 'moved' })['tells']>,
  ): Promise<void> {
    const { alerts, channels, links, now, timer } = this.options;
    const standing = await alerts.openIn(tx.client, incident.incident_id);
    const cause = standing[0] === undefined ? null : await alerts.causeOf(tx.client, standing[0]);
    const message = messageOf(kind, incident, { reason, by, cause }, standing, links, now());
    const told =
      kind === 'trigger'
        ? (incident.chain[incident.level - 1]?.notify ?? []).map((channel) => ({ channel, level: incident.level }))
        : await store.toldChannels(tx.client, incident.incident_id);
    const at = timer();
    for (const { channel, level } of told) {
      if (kind === 'trigger') {
        for (const { attempts, level: before } of await store.supersede(tx.client, incident.incident_id, channel, at)) {
          const more = { channel, attempts, level: before };
          await this.record(tx, incident, 'not_sent', 'daemon', 'a newer message says more', more);
        }
      }
      // One that is not there is found when it is to be sent to, and goes on record as such.
      if (kind !== 'trigger' && !(channels.get(channel)?.tells.includes(kind) ?? false)) continue;
      await store.addNotification(tx.client, {
        key: `${incident.incident_id}:${level}:${channel}:${incident.steps}`,
        incidentId: incident.incident_id,
        level,
        channel,
        kind,
        message,
        createdAt: at,
        nextAt: new Date(heldUntil(incident.quiet_hours, level, at.getTime())),
      });
    }
  }

  private async record(
    tx: LedgerTransaction,
    incident: Incident,
    name: EscalationStep['step'],
    by: string,
    reason: string,
    more: Partial<EscalationStep>,
  ): Promise<number> {
    const data: EscalationStep = {
      workflow_id: incident.workflow_id,
      incident_id: incident.incident_id,
      model_name: incident.model_name,
      step: name,
      level: incident.level,
      by,
      reason,
      drill: incident.drill,
      ...more,
    };
    return this.append(tx, { type: eventTypes.escalation, subject: data.workflow_id, data });
  }

  /** The index of the record. */
  private async append({ append }: LedgerTransaction, body: Parameters<typeof writtenEntry>[0]): Promise<number> {
    const { now, newId } = this.options;
    const [appended] = await append([writtenEntry(body, now(), newId)]);
    if (appended?.is !== 'appended') throw new Error(`the ledger refused a new event id: ${appended?.is}`);
    return appended.record.index;
  }

  list = (wanted: string | null = null): ReturnType<typeof store.listIncidents> =>
    store.listIncidents(this.options.pool, 50, wanted);
  counts = (): ReturnType<typeof store.countIncidents> => store.countIncidents(this.options.pool);
}

/** What holds for a workflow: what its policy says, and the defaults where it says nothing. */
export function escalationOf({ escalation = {} }: Policy) {
  const { opens_on, tiers } = { ...escalationDefaults, ...escalation } as Required<
    Pick<EscalationPolicy, 'opens_on' | 'tiers'>
  >;
  return { opens_on, tiers, quiet_hours: escalation.quiet_hours ?? null };
}

const acted = (move: IncidentMove, message: string): Acted =>
  move.is === 'unchanged' ? { is: 'refused', reason: move.reason } : { is: 'done', message };
