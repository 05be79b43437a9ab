/** Alerts: from signals that move to tiers. Every step is a ledger record, written in the transaction that takes it. */
import { eventTypes, type Alert, type AlertTier, type Signal } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';
import { writtenEntry, type LedgerTransaction, type NewId } from '../ledger/index.ts';
import { moveOf } from './alert.ts';
import * as store from './store.ts';

/** An alert opened or climbed, or ended. */
export interface AlertMoved {
  readonly is: 'risen' | 'ended';
  readonly alert: Alert;
}

const attribution = 'attribution';
const versionOf = ({ workflow_id, model_name, model_version }: Alert) =>
  JSON.stringify([workflow_id, model_name, model_version]);

interface Step {
  readonly from: AlertTier | null;
  readonly value: number | null;
  readonly logIndex: number;
}

export class Alerts {
  private readonly now: () => Date;
  private readonly newId: NewId;

  constructor(now: () => Date, newId: NewId) {
    this.now = now;
    this.newId = newId;
  }

  /**
   * Moves the alert of a signal that the record at `logIndex` moved. Null when nothing changed: a movement that was heard
   * before, ahead of a crash, does nothing.
   */
  async hear(tx: LedgerTransaction, signal: Signal, logIndex: number): Promise<AlertMoved | null> {
    const last = await store.lastAlert(tx.client, signal);
    const isKnown =
      last !== null && (last.atIndex > logIndex || (last.atIndex === logIndex && last.alert.tier === signal.tier));
    if (isKnown) return null;
    const open = last === null || last.alert.resolved_at !== null ? null : last.alert;
    const move = moveOf(open?.tier ?? null, signal.tier);
    const now = this.now().toISOString();
    const step = (from: AlertTier | null): Step => ({ from, value: signal.value, logIndex });
    switch (move.is) {
      case 'none':
        return null;
      case 'resolve': {
        if (open === null) return null;
        const alert = { ...open, tier: null, updated_at: now, resolved_at: now, ...saidBy(signal) };
        await this.save(tx, alert, step(move.from));
        return { is: 'ended', alert };
      }
      case 'open': {
        const alert: Alert = {
          alert_id: this.newId(this.now()),
          workflow_id: signal.workflow_id,
          signal: signal.monitor,
          subject: signal.subject,
          model_name: signal.model_name,
          model_version: signal.model_version,
          tier: move.tier,
          highest_tier: move.tier,
          opened_at: now,
          updated_at: now,
          resolved_at: null,
          cause: null,
          incident_id: null,
          ...saidBy(signal),
        };
        await this.save(tx, alert, step(null));
        return { is: 'risen', alert };
      }
      case 'raise': {
        if (open === null) return null;
        const alert = { ...open, tier: move.tier, highest_tier: move.tier, updated_at: now, ...saidBy(signal) };
        await this.save(tx, alert, step(move.from));
        return { is: 'risen', alert };
      }
    }
  }

  private async save(
    { client, append }: LedgerTransaction,
    alert: Alert,
    { from, value, logIndex }: Step,
  ): Promise<void> {
    await store.writeAlert(client, alert, logIndex);
    const data = {
      workflow_id: alert.workflow_id,
      alert_id: alert.alert_id,
      signal: alert.signal,
      subject: alert.subject,
      model: { name: alert.model_name, version: alert.model_version },
      log_index: logIndex,
      tier: alert.tier,
      previous_tier: from,
      value,
      summary: alert.summary,
      evidence: alert.evidence,
    };
    await append([writtenEntry({ type: eventTypes.alert, subject: alert.workflow_id, data }, this.now(), this.newId)]);
  }

  /** Open ones first; each with what the monitors hold to be the cause. */
  async list(db: Queryable): Promise<Alert[]> {
    const alerts = await store.listAlerts(db, 100);
    const causes = new Map(
      alerts
        .filter(({ signal, resolved_at }) => signal === attribution && resolved_at === null)
        .map((alert) => [versionOf(alert), alert.summary]),
    );
    return alerts.map((alert) =>
      alert.resolved_at === null && alert.signal !== attribution
        ? { ...alert, cause: causes.get(versionOf(alert)) ?? null }
        : alert,
    );
  }

  countOpen = store.countOpen;
  causeOf = store.causeOf;
  join = store.joinIncident;
  openIn = store.openIn;
  unheard = store.unheard;
  read = store.readAlert;
}

const saidBy = ({ summary, evidence }: Signal) => ({ summary, evidence });
