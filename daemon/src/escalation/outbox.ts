/**
 * Sends the messages that were committed, each until the other side has it, one at a time a channel and in the order of an
 * incident. It looks again at the incident before each: who pages nobody needs is left alone.
 */
import type { Pool } from '../database/index.ts';
import type { Channels } from './channels.ts';
import type { Sent } from './notifiers/notifier.ts';
import { heldUntil } from './quiet.ts';
import * as store from './store.ts';

export interface NotificationOutboxOptions {
  readonly pool: Pool;
  readonly channels: Channels;
  /** Nothing is sent by a daemon that has lost the log. */
  readonly fence: store.Fence;
  /** A clock that never goes back. */
  readonly timer: () => Date;
  /** Uniform on [0, 1), to spread retries. */
  readonly random: () => number;
  /** Puts the end of a message on record. */
  readonly onEnded: (row: store.DueNotification, ended: store.Ended) => Promise<void>;
  readonly onResult: (channel: string, result: store.Ended['outcome'] | 'retry') => void;
  readonly onError: (error: unknown) => void;
}

const lookEveryMs = 500;
/** An attempt has failed by then, whatever the other side does. */
const attemptMs = 25_000;
/** After it another daemon may try: what was under way when one is killed does not wait long. */
const leaseMs = 30_000;
const [firstDelayMs, longestDelayMs] = [1_000, 300_000];
/** The other side may be down for days. */
const giveUpMs = 7 * 86_400_000;

export class NotificationOutbox {
  private readonly options: NotificationOutboxOptions;
  /** What is under way, by channel. */
  private readonly sending = new Map<string, Promise<void>>();
  private looking: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(options: NotificationOutboxOptions) {
    this.options = options;
  }

  start(): void {
    this.timer = setInterval(() => this.poke(), lookEveryMs);
    this.poke();
  }

  /** Something may be due. */
  poke(): void {
    if (this.stopped || this.looking !== null) return;
    const look = async () => {
      try {
        await this.takeAll();
      } catch (error) {
        this.options.onError(error);
      } finally {
        this.looking = null;
      }
    };
    this.looking = look();
  }

  private async takeAll(): Promise<void> {
    const { pool, timer } = this.options;
    const now = timer();
    const due = await store.takeDue(
      pool,
      now,
      new Date(now.getTime() + leaseMs),
      [...this.sending.keys()],
      this.options.fence,
    );
    for (const row of due) {
      const work = async () => {
        try {
          await this.deliver(row);
        } catch (error) {
          // Its lease ends, and it is tried again.
          this.options.onError(error);
        } finally {
          this.sending.delete(row.channel);
        }
        this.poke();
      };
      this.sending.set(row.channel, work());
    }
  }

  private async deliver(row: store.DueNotification): Promise<void> {
    const { channels, onEnded, onResult } = this.options;
    const end = async (ended: store.Ended) => {
      await onEnded(row, ended);
      onResult(row.channel, ended.outcome);
    };
    const notifier = channels.get(row.channel);
    if (notifier === undefined) {
      const problem = `the daemon has no channel ${JSON.stringify(row.channel)}; add it to its channels, or correct the policy`;
      return end({ outcome: 'undeliverable', problem, receipt: null });
    }
    const isOver = row.message.drill && row.incident_state === 'closed';
    const isTaken = notifier.pages && row.incident_state !== 'open';
    if (row.kind === 'trigger' && (isTaken || isOver)) {
      return end({ outcome: 'not_sent', problem: `it is ${row.incident_state} by now`, receipt: null });
    }
    if (row.kind !== 'trigger' && !row.was_told) {
      return end({ outcome: 'not_sent', problem: 'nobody there was told of it', receipt: null });
    }
    const now = this.options.timer().getTime();
    const held = heldUntil(row.quiet_hours, row.level, now);
    if (held > now) return store.postpone(this.options.pool, row.notification_key, new Date(held), 'quiet hours');
    const delivery = { key: row.notification_key, message: row.message, receipt: row.receipt };
    const sent = await withinAttempt(notifier.send(delivery));
    switch (sent.is) {
      case 'sent':
        return end({ outcome: 'sent', problem: sent.problem ?? null, receipt: sent.receipt });
      case 'refused':
        return end({ outcome: 'undeliverable', problem: sent.problem, receipt: null });
      case 'retry': {
        const failedAt = this.options.timer().getTime();
        if (failedAt - row.created_at.getTime() > giveUpMs) {
          const problem = `given up after ${row.attempts} attempts: ${sent.problem}`;
          return end({ outcome: 'undeliverable', problem, receipt: null });
        }
        onResult(row.channel, 'retry');
        const delayed = failedAt + Math.max(sent.afterMs ?? 0, this.backoff(row.attempts));
        const until = new Date(heldUntil(row.quiet_hours, row.level, delayed));
        return store.postpone(this.options.pool, row.notification_key, until, sent.problem);
      }
    }
  }

  /** Doubles from attempt to attempt, with jitter of up to half. */
  private backoff(attempts: number): number {
    const delay = Math.min(firstDelayMs * 2 ** Math.min(attempts - 1, 20), longestDelayMs);
    return delay * (0.5 + this.options.random() / 2);
  }

  waiting = (): Promise<store.Waiting> => store.countWaiting(this.options.pool, this.options.timer());

  /** Takes nothing new, and lets what is under way come to its end. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearInterval(this.timer);
    await this.looking;
    await Promise.all(this.sending.values());
  }
}

/** A server that sends a byte now and then keeps no channel for itself. */
async function withinAttempt(sending: Promise<Sent>): Promise<Sent> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Sent>((resolve) => {
    timer = setTimeout(
      () => resolve({ is: 'retry', problem: `no end in ${attemptMs / 1_000} s`, afterMs: null }),
      attemptMs,
    );
  });
  try {
    return await Promise.race([sending, late]);
  } finally {
    clearTimeout(timer);
  }
}
