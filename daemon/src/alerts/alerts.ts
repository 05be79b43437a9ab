/** Alerts: from signals to tiers. Every step is a ledger record, written in the transaction that takes it. */
import { eventTypes, type Alert, type AlertTier, type Signal } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';
import { writtenEntry, type LedgerTransaction, type NewId } from '../ledger/index.ts';
import { moveOf } from './alert.ts';
import * as store from './store.ts';

export class Alerts {
  private readonly now: () => Date;
  private readonly newId: NewId;

  constructor(now: () => Date, newId: NewId) {
    this.now = now;
    this.newId = newId;
  }

  /** Moves the alert of a signal. The alert when it opened or climbed, so that more can follow from it; null otherwise. */
  async hear(tx: LedgerTransaction, signal: Signal): Promise<Alert | null> {
    const open = await store.openAlert(tx.client, signal);
    const move = moveOf(open?.tier ?? null, signal);
    const now = this.now().toISOString();
    switch (move.is) {
      case 'none':
        return null;
      case 'resolve':
        if (open !== null)
          await this.save(tx, { ...open, tier: null, updated_at: now, resolved_at: now, ...saidBy(signal) }, move.from);
        return null;
      case 'open': {
        const alert: Alert = {
          alert_id: this.newId(this.now()),
          workflow_id: signal.workflow_id,
          signal: signal.monitor,
          model_name: signal.model_name,
          model_version: signal.model_version,
          tier: move.tier,
          highest_tier: move.tier,
          opened_at: now,
          updated_at: now,
          resolved_at: null,
          ...saidBy(signal),
        };
        await this.save(tx, alert, null);
        return alert;
      }
      case 'raise': {
        if (open === null) return null;
        const alert = { ...open, tier: move.tier, highest_tier: move.tier, updated_at: now, ...saidBy(signal) };
        await this.save(tx, alert, move.from);
        return alert;
      }
    }
  }

  /** Ends the open alerts of a model, or of one version of it, because of what was done about them. */
  async resolve(
    tx: LedgerTransaction,
    { workflowId, modelName, version }: { workflowId: string; modelName: string; version: string | null },
    summary: string,
  ): Promise<void> {
    const now = this.now().toISOString();
    for (const open of await store.openAlertsOf(tx.client, workflowId, modelName, version)) {
      await this.save(tx, { ...open, tier: null, summary, updated_at: now, resolved_at: now }, open.tier);
    }
  }

  private async save({ client, append }: LedgerTransaction, alert: Alert, previous: AlertTier | null): Promise<void> {
    await store.writeAlert(client, alert);
    const data = {
      workflow_id: alert.workflow_id,
      alert_id: alert.alert_id,
      signal: alert.signal,
      model: { name: alert.model_name, version: alert.model_version },
      tier: alert.tier,
      previous_tier: previous,
      summary: alert.summary,
      evidence: alert.evidence,
    };
    await append([writtenEntry({ type: eventTypes.alert, subject: alert.workflow_id, data }, this.now(), this.newId)]);
  }

  list(db: Queryable): Promise<Alert[]> {
    return store.listAlerts(db, 100);
  }

  countOpen = store.countOpen;
}

const saidBy = ({ summary, evidence }: Signal) => ({ summary, evidence });
