/**
 * Tells guards what they may do: one document a workflow in a NATS key-value bucket, put again well within its lease, so
 * that silence means that the control plane is gone.
 */
import { jetstream } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { buckets } from '@countersign/contract';
import type { Pool } from '../database/index.ts';
import type { Breakers } from './breakers.ts';

export class AuthorityDistribution {
  private readonly kv: KV;
  private readonly pool: Pool;
  private readonly breakers: Breakers;
  private readonly onError: (error: unknown) => void;
  private timer: NodeJS.Timeout | null = null;
  /** Puts go out one after another, so that an older document never overwrites a newer one. */
  private last: Promise<void> = Promise.resolve();
  /** A round is asked for that has not begun. */
  private isWaiting = false;

  private constructor(kv: KV, pool: Pool, breakers: Breakers, onError: (error: unknown) => void) {
    this.kv = kv;
    this.pool = pool;
    this.breakers = breakers;
    this.onError = onError;
  }

  static async start(
    connection: NatsConnection,
    replicas: number,
    pool: Pool,
    breakers: Breakers,
    onError: (error: unknown) => void,
  ): Promise<AuthorityDistribution> {
    const kv = await new Kvm(jetstream(connection)).create(buckets.authority, { history: 1, replicas });
    const distribution = new AuthorityDistribution(kv, pool, breakers, onError);
    await distribution.publish();
    return distribution;
  }

  /** Puts every workflow's document. Never rejects: the next round tries again, and leases run out meanwhile. */
  publish(): Promise<void> {
    // One that has not begun yet will put what is true when it does.
    if (this.isWaiting) return this.last;
    this.isWaiting = true;
    const before = this.last;
    const round = async () => {
      await before;
      this.isWaiting = false;
      await this.putAll();
    };
    this.last = round().catch(this.onError);
    return this.last;
  }

  private async putAll(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    let shortestLease = 15_000;
    try {
      for (const workflowId of this.breakers.workflows) {
        try {
          const authority = await this.breakers.authority(this.pool, workflowId);
          if (authority === null) continue;
          shortestLease = Math.min(shortestLease, authority.lease_ms);
          await this.kv.put(workflowId, JSON.stringify(authority));
        } catch (error) {
          // The others must not lose their leases for it.
          this.onError(error);
        }
      }
    } finally {
      this.timer = setTimeout(() => void this.publish(), shortestLease / 4);
    }
  }

  async stop(): Promise<void> {
    await this.last;
    if (this.timer !== null) clearTimeout(this.timer);
  }
}
