/**
 * May the AI act alone? Answered from memory, from the authority document that the daemon distributes. A document is a
 * lease: when no new one has come in time, the policy's answer for that holds, by default that people decide.
 */
import { jetstream } from '@nats-io/jetstream';
import { Kvm, type KvEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  buckets,
  strictest,
  type Authority,
  type BreakerVerdict,
  type ModelAuthority,
  type ReviewReason,
  type RiskTier,
} from '@countersign/contract';

export interface Question {
  readonly workflow: string;
  readonly task: string;
  /** With its hash it is known whether it is the very model that was declared. */
  readonly model: { readonly name: string; readonly version: string; readonly hash?: string };
  readonly riskTier: RiskTier;
  readonly reversible: boolean;
  /** Leave it out to ask before the model has run. */
  readonly confidence?: number;
}

export interface GuardVerdict {
  /**
   * `auto`: the AI may act. `human`: a person decides. `halt`: this model version must not be used at all, or, when people
   * have more cases than they can take, this case is to wait where it is.
   */
  readonly route: 'auto' | 'human' | 'halt';
  readonly reason: ReviewReason | 'allowed' | 'rolled_back' | 'queue_full';
  /** Epoch of the breakers that were looked at; goes on record with the decision. */
  readonly epoch: number;
  /** With `rolled_back`: the version to use instead, when there is one. */
  readonly useVersion: string | null;
}

/** A document, made ready for questions. */
interface Held {
  readonly authority: Authority;
  readonly isFull: boolean;
  readonly models: ReadonlyMap<string, HeldModel>;
  /** Of a model that the document does not name. */
  readonly other: HeldModel;
  /** On the clock of `now`, in ms. */
  readonly until: number;
}

interface HeldModel {
  readonly breakers: Readonly<Record<RiskTier, BreakerVerdict>>;
  readonly restored: string | null;
  readonly rolledBack: ReadonlySet<string>;
  readonly versions: ReadonlyMap<string, ModelAuthority['versions'][number]>;
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
    this.held.set(authority.workflow_id, heldFrom(authority, this.now() + left));
  }

  ask(question: Question): GuardVerdict {
    const held = this.held.get(question.workflow);
    if (held === undefined) return verdict('human', 'authority_lost', 0);
    const { authority } = held;
    const model = held.models.get(question.model.name) ?? held.other;
    const breaker = model.breakers[question.riskTier];
    const { epoch } = breaker;
    if (this.now() > held.until) return verdict(authority.when_unreachable[question.riskTier], 'authority_lost', epoch);
    if (model.rolledBack.has(question.model.version)) return verdict('halt', 'rolled_back', epoch, model.restored);

    const version = model.versions.get(question.model.version);
    if (version === undefined) {
      if (authority.change_control) return toPeople(held, 'undeclared', epoch);
    } else if (question.model.hash !== undefined && question.model.hash !== version.hash) {
      return toPeople(held, 'undeclared', epoch);
    } else if (version.autonomy === 'shadow') return toPeople(held, 'shadow', epoch);
    else if (version.autonomy === 'approval') return toPeople(held, 'automation_level', epoch);

    if (breaker.canary_share === 0) return toPeople(held, 'breaker', epoch);
    const rule = authority.automation[question.riskTier];
    if ((question.reversible ? rule.reversible : rule.irreversible) !== 'automatic') {
      return toPeople(held, 'automation_level', epoch);
    }
    if (question.confidence !== undefined && !(question.confidence >= rule.confidence_at_least)) {
      return toPeople(held, 'low_confidence', epoch);
    }
    const isCanary = version?.autonomy === 'canary';
    if (breaker.state === 'closed' && !isCanary) return verdict('auto', 'allowed', epoch);
    const share = isCanary ? Math.min(breaker.canary_share, version.canary_share) : breaker.canary_share;
    return stickyShare(question.task) < share ? verdict('auto', 'canary', epoch) : toPeople(held, 'breaker', epoch);
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

/** A person decides, when there is room for one more case. */
const toPeople = ({ isFull }: Held, reason: GuardVerdict['reason'], epoch: number): GuardVerdict =>
  isFull ? verdict('halt', 'queue_full', epoch) : verdict('human', reason, epoch);

function heldFrom(authority: Authority, until: number): Held {
  const modelOf = (name: string): HeldModel => {
    const known = authority.models.find(({ model_name }) => model_name === name);
    const of = (tier: RiskTier) => strictest(authority.breakers, name, tier);
    return {
      breakers: { low: of('low'), medium: of('medium'), high: of('high') },
      restored: known?.restored ?? null,
      rolledBack: new Set(known?.rolled_back),
      versions: new Map(known?.versions.map((version) => [version.version, version])),
    };
  };
  const names = [...authority.models, ...authority.breakers].map(({ model_name }) => model_name);
  return {
    authority,
    isFull: authority.intake === 'full',
    models: new Map(names.map((name) => [name, modelOf(name)])),
    // No model has this name.
    other: modelOf(''),
    until,
  };
}

/** The same number in [0, 1) for the same task, always: FNV-1a with a final mix, so that near ids do not stay near. */
function stickyShare(task: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < task.length; i++) hash = Math.imul(hash ^ task.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
