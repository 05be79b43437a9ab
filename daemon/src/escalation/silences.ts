/** Silences: nobody is told of some alerts for a while. Each has an owner and an end, and both are on record. */
import {
  eventTypes,
  type Alert,
  type EndSilenceRequest,
  type Silence,
  type SilenceRequest,
  type SilenceStep,
} from '@countersign/contract';
import type { Pool, Queryable } from '../database/index.ts';
import { writtenEntry, type Ledger, type LedgerTransaction, type NewId } from '../ledger/index.ts';
import * as store from './store.ts';

export interface SilencesOptions {
  readonly pool: Pool;
  readonly ledger: Ledger;
  readonly now: () => Date;
  readonly timer: () => Date;
  readonly newId: NewId;
}

export class Silences {
  private readonly options: SilencesOptions;

  constructor(options: SilencesOptions) {
    this.options = options;
  }

  /** Whether nobody is to be told of an alert now. */
  async cover(db: Queryable, { workflow_id, signal, model_name }: Alert): Promise<boolean> {
    const at = this.options.timer().getTime();
    return (await store.openSilences(db)).some(
      (silence) =>
        Date.parse(silence.until) > at &&
        silence.workflow_id === workflow_id &&
        (silence.signal ?? signal) === signal &&
        (silence.model_name ?? model_name) === model_name,
    );
  }

  begin(request: SilenceRequest, by: string): Promise<Silence> {
    const { ledger, timer, newId } = this.options;
    const { workflow_id, signal, model_name, minutes, justification } = request;
    return ledger.write(async (tx) => {
      const at = timer();
      const silence: Silence = {
        silence_id: newId(at),
        workflow_id,
        signal,
        model_name,
        until: new Date(at.getTime() + minutes * 60_000).toISOString(),
        by,
        reason: justification,
      };
      await store.addSilence(tx.client, silence);
      await this.record(tx, silence, 'began', by, justification);
      return silence;
    });
  }

  /** False when it has ended already, or is none. */
  end({ silence_id, justification }: EndSilenceRequest, by: string): Promise<boolean> {
    return this.options.ledger.write(async (tx) => {
      const ended = await store.endSilence(tx.client, silence_id, this.options.timer());
      if (ended !== null) await this.record(tx, ended, 'ended', by, justification);
      return ended !== null;
    });
  }

  async endThoseOver(): Promise<void> {
    const { pool, timer } = this.options;
    for (const { silence_id, until } of await store.openSilences(pool)) {
      if (Date.parse(until) > timer().getTime()) continue;
      await this.end({ silence_id, justification: 'its time is over' }, 'daemon');
    }
  }

  list = (): Promise<Silence[]> => store.openSilences(this.options.pool);

  private async record(
    { append }: LedgerTransaction,
    silence: Silence,
    step: SilenceStep['step'],
    by: string,
    reason: string,
  ): Promise<void> {
    const { now, newId } = this.options;
    const { workflow_id, silence_id, signal, model_name, until } = silence;
    const data: SilenceStep = { workflow_id, silence_id, step, signal, model_name, until, by, reason };
    await append([writtenEntry({ type: eventTypes.silence, subject: workflow_id, data }, now(), newId)]);
  }
}
