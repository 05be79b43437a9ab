/** A ledger record: one entry of the log with what the ledger knows about it, and how an audit record is read off it. */
import type {
  Actor,
  AuditRecord,
  CountersignEvent,
  DecisionAction,
  Features,
  Model,
  ModelStep,
  RiskTier,
  Route,
} from '@countersign/contract';
import { eventTypes } from '@countersign/contract';
import { actionOf, actorOf, saidByEvent } from '@countersign/contract/audit-record';
import { formatVerifierKey } from '@countersign/contract/note';
import type { KeysById } from './key-history.ts';
import { leafHash } from './tree.ts';

/** The AI decision that a record is, or is about. */
export interface AboutDecision {
  readonly decisionId: string;
  readonly workflowId: string;
  /** When it was taken, as the service says. */
  readonly decidedAt: string;
  readonly features: Features;
  readonly model: Model;
  readonly label: string | null;
  readonly confidence: number;
  readonly route: Route;
  readonly riskTier: RiskTier;
  readonly breakerEpoch: number;
}

export interface LedgerRecord {
  readonly logId: string;
  readonly index: number;
  readonly event: CountersignEvent;
  /** RFC 3339; when the daemon wrote it. `event.time` is when it happened. */
  readonly recordedAt: string;
  /** The position on the JetStream stream; null for what the daemon wrote itself. */
  readonly streamSequence: number | null;
  readonly actor: Actor;
  readonly action: DecisionAction | null;
  /** Null for records about no AI decision, and for those about one that the ledger has not seen. */
  readonly about: AboutDecision | null;
  /** What the leaf was hashed from: the exact bytes of the event, or for a large one its commitment. */
  readonly entry: Buffer;
  /** The exact bytes, when they were too many for an entry. */
  readonly body: Buffer | null;
  readonly leafHash: Buffer;
  /** 4 bytes that name the key, then Ed25519 over `entry`; human decisions only. */
  readonly signature: Buffer | null;
  /** The first human decision that settles its case, or the first outcome of a decision: what counts as one. */
  readonly firstAnswer: boolean;
}

/** What the store keeps of a record; the rest is read off its bytes. */
export type StoredRecord = Omit<LedgerRecord, 'event' | 'actor' | 'action' | 'leafHash'>;

export function readRecord(stored: StoredRecord): LedgerRecord {
  // Validated when it was appended.
  const event = JSON.parse((stored.body ?? stored.entry).toString('utf8')) as CountersignEvent;
  return {
    ...stored,
    event,
    about: aboutItself(event) ?? stored.about,
    actor: actorOf(event),
    action: actionOf(event),
    leafHash: leafHash(stored.entry),
  };
}

/** Who answers an AI decision: a person who settles its case, which to escalate does not, or the world, by an outcome. */
export type Answerer = 'person' | 'outcome';

/** The AI decision that an event answers; null for an event that is no answer. */
export function answerOf(event: CountersignEvent): { readonly by: Answerer; readonly decisionId: string } | null {
  if (event.type === eventTypes.outcome) return { by: 'outcome', decisionId: event.data.decision_id };
  if (event.type !== eventTypes.humanDecision || event.data.action === 'escalate') return null;
  return { by: 'person', decisionId: event.data.reviews };
}

/** By whom each AI decision has been answered, as "by decision". */
export const answerKey = ({ by, decisionId }: { readonly by: Answerer; readonly decisionId: string }): string =>
  `${by} ${decisionId}`;

/** The AI decision that a record has to be joined with; null when it is about none or is one itself. */
export function decisionItIsAbout(event: CountersignEvent): string | null {
  if (event.type === eventTypes.humanDecision) return event.data.reviews;
  return event.type === eventTypes.outcome ? event.data.decision_id : null;
}

export function aboutItself(event: CountersignEvent): AboutDecision | null {
  if (event.type !== eventTypes.aiDecision) return null;
  const { decision_id, workflow_id, model, output, confidence, route, risk_tier, breaker_epoch, features } = event.data;
  return {
    decisionId: decision_id,
    workflowId: workflow_id,
    decidedAt: event.time,
    features: features ?? {},
    model,
    label: output.label,
    confidence,
    route,
    riskTier: risk_tier,
    breakerEpoch: breaker_epoch,
  };
}

/** The record as search, export and proofs show it. */
export function auditRecord(record: LedgerRecord, keys: KeysById): AuditRecord {
  return {
    ...saidByEvent(record.event),
    model_version: modelOf(record)?.version ?? null,
    model_hash: modelOf(record)?.hash ?? null,
    audit_signature: signatureOf(record, keys),
    log_index: record.index,
    leaf_hash: record.leafHash.toString('hex'),
  };
}

function signatureOf({ signature }: LedgerRecord, keys: KeysById): AuditRecord['audit_signature'] {
  if (signature === null) return { type: 'inclusion' };
  const key = keys.get(signature.subarray(0, 4).toString('hex'));
  return {
    type: 'ed25519',
    key: key === undefined ? 'unknown' : formatVerifierKey(key),
    signature: signature.subarray(4).toString('base64'),
  };
}

/** The model that decided, or whose step it is; without version and hash when it is about all of them. */
export const modelOf = ({ event, about }: Pick<LedgerRecord, 'event' | 'about'>): ModelStep['model'] | null =>
  about?.model ?? (event.type === eventTypes.model ? event.data.model : null);

/** What was decided, or found to be true. */
export function labelOf({ event }: Pick<LedgerRecord, 'event'>): string | null {
  if (event.type === eventTypes.outcome) return event.data.label;
  const decided = event.type === eventTypes.aiDecision || event.type === eventTypes.humanDecision;
  return decided ? (event.data.output?.label ?? null) : null;
}
