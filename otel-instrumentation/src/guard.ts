/**
 * May the AI act alone? Answered from memory, from the authority document that the daemon distributes. A document is a
 * lease: when no new one has come in time, the policy's answer for that holds, by default that people decide.
 */
import { jetstream } from '@nats-io/jetstream';
import { Kvm, type KvEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { buckets, type Authority, type BreakerView, type ReviewReason, type RiskTier } from '@countersign/contract';

export interface Question {
  readonly workflow: string;
  readonly task: string;
  readonly model: { readonly name: string; readonly version: string };
  readonly riskTier: RiskTier;
  readonly reversible: boolean;
  /** Leave it out to ask before the model has run. */
  readonly confidence?: number;
}

export interface GuardVerdict {
  /** `auto`: the AI may act. `human`: a person decides. `halt`: this model version must not be used at all. */
  readonly route: 'auto' | 'human' | 'halt';
  readonly reason: ReviewReason | 'allowed' | 'rolled_back';
  /** Epoch of the breaker that was looked at; goes on record with the decision. */
  readonly epoch: number;
  /** With `halt`: the version to use instead, when there is one. */
  readonly useVersion: string | null;
}

interface Held {
  readonly authority: Authority;
  /** On the clock of `now`, in ms. */
  readonly until: number;
}

export class Guard {
  private readonly held = new Map<string, Held>();
  private readonly now: () => number;

  /** `now` is monotonic, in ms. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** A document came, written `ageMs` ago; what is left of its lease runs from now. */
  hear(authority: Authority, ageMs: number): void {
    const left = authority.lease_ms - Math.max(0, ageMs);
    this.held.set(authority.workflow_id, { authority, until: this.now() + left });
  }

  ask(question: Question): GuardVerdict {
    const held = this.held.get(question.workflow);
    if (held === undefined) return verdict('human', 'authority_lost', 0);
    const { authority } = held;
    const breaker = strictest(authority.breakers, question);
    const epoch = breaker?.epoch ?? 0;
    if (this.now() > held.until) return verdict(authority.when_unreachable, 'authority_lost', epoch);

    const model = authority.models.find((m) => m.model_name === question.model.name);
    if (model !== undefined && model.rolled_back.includes(question.model.version)) {
      return verdict('halt', 'rolled_back', epoch, model.restored);
    }
    if (breaker?.state === 'open' || breaker?.state === 'forced_open') return verdict('human', 'breaker', epoch);
    const rule = authority.automation[question.riskTier];
    if ((question.reversible ? rule.reversible : rule.irreversible) !== 'automatic') {
      return verdict('human', 'automation_level', epoch);
    }
    if (question.confidence !== undefined && !(question.confidence >= rule.confidence_at_least)) {
      return verdict('human', 'low_confidence', epoch);
    }
    if (breaker?.state === 'half_open') {
      return stickyShare(question.task) < breaker.canary_share
        ? verdict('auto', 'canary', epoch)
        : verdict('human', 'breaker', epoch);
    }
    return verdict('auto', 'allowed', epoch);
  }
}

/** Keeps a guard up to date until the connection closes. Resolves when it is watching; documents follow at once. */
export async function followAuthority(
  connection: NatsConnection,
  guard: Guard,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const kv = await new Kvm(jetstream(connection)).open(buckets.authority, { allow_direct: true });
  const updates = await kv.watch();
  const newest = new Map<string, number>();
  const hear = (entry: KvEntry) => {
    // Heard in two ways, of which either may be behind.
    if (entry.operation !== 'PUT' || entry.revision <= (newest.get(entry.key) ?? 0)) return;
    newest.set(entry.key, entry.revision);
    try {
      // By the clocks of server and service; one that is ahead makes a lease shorter, never longer.
      guard.hear(entry.json<Authority>(), Date.now() - entry.created.getTime());
    } catch (error) {
      onTrouble(error);
    }
  };
  void (async () => {
    for await (const entry of updates) hear(entry);
  })().catch(onTrouble);
  // What is there already, so that the guard knows it when this resolves; the watch brings it too, some time later.
  for await (const key of await kv.keys()) {
    const entry = await kv.get(key);
    if (entry !== null) hear(entry);
  }
}

const verdict = (
  route: GuardVerdict['route'],
  reason: GuardVerdict['reason'],
  epoch: number,
  useVersion: string | null = null,
): GuardVerdict => ({ route, reason, epoch, useVersion });

const strictness: Record<BreakerView['state'], number> = { closed: 0, half_open: 1, open: 2, forced_open: 3 };

/** Of the breakers that concern the model and tier, the most restrictive. */
function strictest(breakers: readonly BreakerView[], { model, riskTier }: Question): BreakerView | undefined {
  let found: BreakerView | undefined;
  for (const breaker of breakers) {
    if (breaker.model_name !== model.name || (breaker.risk_tier !== null && breaker.risk_tier !== riskTier)) continue;
    if (found === undefined || strictness[breaker.state] > strictness[found.state]) found = breaker;
  }
  return found;
}

/** The same number in [0, 1) for the same task, always: FNV-1a with a final mix, so that near ids do not stay near. */
function stickyShare(task: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < task.length; i++) hash = Math.imul(hash ^ task.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
