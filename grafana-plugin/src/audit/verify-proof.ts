/**
 * Checks a record in the browser, step by step, trusting nothing but the key: the entry's hash, the checkpoint's signature,
 * the path from the one to the other, and a human decision's own signature.
 */
import type { AuditProof, CountersignEvent } from '@countersign/contract';
import { saidByEvent, type SaidByEvent } from '@countersign/contract/audit-record';
import { eventTypes } from '@countersign/contract/event-types';
import { leafHash, sha256, verifyInclusion, type Hash } from '@countersign/contract/merkle';
import {
  fromBase64,
  hex,
  parseVerifierKey,
  verifyEd25519,
  type Checkpoint,
  type VerifierKey,
} from '@countersign/contract/note';
import { isEqual } from 'lodash';
import { t } from '../parts/i18n';
import { ownCheckpoint } from './growth';

export interface ProofStep {
  readonly holds: boolean;
  readonly says: string;
}

export interface ProofCheck {
  /** All of the steps hold, and there is a checkpoint to hold against. */
  readonly verified: boolean;
  readonly steps: readonly ProofStep[];
  readonly treeSize: number | null;
  /** What the proven bytes say; null when they are damaged. */
  readonly said: SaidByEvent | null;
  /** The event itself; null when its bytes are damaged. */
  readonly event: CountersignEvent | null;
}

/** What was asked for. */
export interface Asked {
  readonly eventId: string;
  /** Its place in the log, where that is known. */
  readonly logIndex?: number;
}

export function checkProof(answer: AuditProof, asked: Asked): ProofCheck {
  const { record, entry, body, proof, checkpoint, verifier_key } = answer;
  const bytes = fromBase64(entry);
  const key = parseVerifierKey(verifier_key);
  const event = eventIn(body === null ? bytes : fromBase64(body));
  const said = event === null ? null : whatIsSaid(event);
  if (bytes === null || key === null || event === null || said === null) {
    const says = t('audit.step.damaged', 'The answer of the daemon is damaged.');
    return { verified: false, steps: [{ holds: false, says }], treeSize: null, said: null, event: null };
  }
  const leaf = leafHash(bytes);
  const steps: ProofStep[] = [
    {
      holds: hex(leaf) === record.leaf_hash,
      says: t('audit.step.leaf', 'The entry has the leaf hash that the record names.'),
    },
    {
      holds: event.id === asked.eventId && (asked.logIndex ?? record.log_index) === record.log_index,
      says: t('audit.step.asked', 'It is the record that was asked for.'),
    },
    {
      holds: isAsSaid(answer, event, said),
      says: t('audit.step.event', 'It is this event, and says what is shown of it.'),
    },
  ];
  if (body !== null) {
    steps.push({
      holds: commitsTo(bytes, fromBase64(body)),
      says: t('audit.step.commitment', 'The entry commits to the event by its hash.'),
    });
  }
  const head = checkpoint === null ? null : ownCheckpoint(checkpoint, key);
  if (event.type === eventTypes.humanDecision) steps.push(...signatureSteps(answer, bytes, key, head));
  if (checkpoint === null || proof === null) return { verified: false, steps, treeSize: null, said, event };
  steps.push(
    {
      holds: head !== null,
      says: t('audit.step.checkpoint', 'The checkpoint is signed by {{name}}.', { name: key.name }),
    },
    {
      holds: head !== null && leadsTo(head, record.log_index, leaf, proof),
      says: t('audit.step.path', 'The path leads from record {{index}} to the head of all {{size}} records.', {
        index: record.log_index,
        size: head?.size ?? '?',
      }),
    },
  );
  return { verified: steps.every(({ holds }) => holds), steps, treeSize: head?.size ?? null, said, event };
}

/** A human decision is signed by itself, with the key in use then: where that was another, the log says that it was its key. */
function signatureSteps(answer: AuditProof, bytes: Uint8Array, key: VerifierKey, head: Checkpoint | null): ProofStep[] {
  const { record, signer } = answer;
  const signature = record.audit_signature.type === 'ed25519' ? fromBase64(record.audit_signature.signature) : null;
  const earlier = signer === null ? null : fromBase64(signer.entry);
  const begun = eventIn(earlier);
  const earlierKey = begun?.type === eventTypes.key ? parseVerifierKey(begun.data.key) : null;
  const signedBy = signer === null ? key : earlierKey;
  const steps: ProofStep[] = [
    {
      holds: signature !== null && signedBy !== null && verifyEd25519(signature, bytes, signedBy.publicKey),
      says: t('audit.step.signature', 'The human decision carries a good signature of its own.'),
    },
  ];
  if (signer !== null && head !== null) {
    steps.push({
      holds:
        earlier !== null &&
        signer.log_index < record.log_index &&
        leadsTo(head, signer.log_index, leafHash(earlier), signer.proof),
      says: t('audit.step.signer', 'Its key was the log’s own from record {{index}} on.', { index: signer.log_index }),
    });
  }
  return steps;
}

function leadsTo(head: Checkpoint, index: number, leaf: Hash, proof: readonly string[]): boolean {
  const path = proof.map(fromBase64);
  return (
    path.every((hash) => hash !== null) &&
    verifyInclusion({ index, size: head.size, leafHash: leaf, proof: path, root: head.root })
  );
}

/**
 * Whether all that is shown is in what was said, and nothing that is shown is missing: what a service adds to an object of its
 * own is on record, and not in every answer.
 */
function isWithin(shown: unknown, said: unknown): boolean {
  if (!isObject(shown) || !isObject(said)) return isEqual(shown, said);
  return Object.keys(shown).every((name) => isWithin(shown[name], said[name]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of an event of the daemon's own acts, an app of another version than the daemon may tell the justification in other words. */
function isAsSaid({ record, type }: AuditProof, event: CountersignEvent, said: SaidByEvent): boolean {
  const shown: SaidByEvent = { ...said };
  const own = [eventTypes.aiDecision, eventTypes.humanDecision, eventTypes.outcome] as string[];
  for (const name of Object.keys(shown) as (keyof SaidByEvent)[]) {
    if (name === 'justification' && !own.includes(event.type)) continue;
    if (!isWithin(record[name], said[name])) return false;
  }
  if (event.type === eventTypes.aiDecision || event.type === eventTypes.model) {
    const { version, hash } = event.data.model;
    if (record.model_version !== version || record.model_hash !== hash) return false;
  }
  const isSigned = event.type === eventTypes.humanDecision;
  return type === event.type && record.audit_signature.type === (isSigned ? 'ed25519' : 'inclusion');
}

/** Whether the entry is the commitment of the daemon to these bytes. */
function commitsTo(entry: Uint8Array, body: Uint8Array | null): boolean {
  if (body === null) return false;
  const wanted = `{"body":{"hash":"sha256:${hex(sha256(body))}","size":${body.length}}}`;
  return new TextDecoder().decode(entry) === wanted;
}

/** Null for what lacks something that its type has to have. */
function whatIsSaid(event: CountersignEvent): SaidByEvent | null {
  try {
    return saidByEvent(event);
  } catch {
    return null;
  }
}

/** Of bytes that say that they are an event. */
function eventIn(bytes: Uint8Array | null): CountersignEvent | null {
  if (bytes === null) return null;
  try {
    const event = JSON.parse(new TextDecoder().decode(bytes)) as Partial<CountersignEvent> | null;
    return typeof event?.data === 'object' && typeof event.type === 'string' ? (event as CountersignEvent) : null;
  } catch {
    return null;
  }
}
