/**
 * Checks a record in the browser, step by step, trusting nothing but the key: the entry's hash, the checkpoint's signature,
 * the path from the one to the other, and a human decision's own signature.
 */
import type { AuditProof } from '@countersign/contract';
import { leafHash, sha256, verifyInclusion } from '@countersign/contract/merkle';
import { fromBase64, hex, parseVerifierKey, verifyCheckpoint, verifyEd25519 } from '@countersign/contract/note';
import { t } from '../parts/i18n';

export interface ProofStep {
  readonly holds: boolean;
  readonly says: string;
}

export interface ProofCheck {
  /** All of the steps hold, and there is a checkpoint to hold against. */
  readonly verified: boolean;
  readonly steps: readonly ProofStep[];
  readonly treeSize: number | null;
}

export function checkProof({ record, entry, body, proof, checkpoint, verifier_key }: AuditProof): ProofCheck {
  const bytes = fromBase64(entry);
  const key = parseVerifierKey(verifier_key);
  if (bytes === null || key === null) {
    const says = t('audit.step.damaged', 'The answer of the daemon is damaged.');
    return { verified: false, steps: [{ holds: false, says }], treeSize: null };
  }
  const leaf = leafHash(bytes);
  const steps: ProofStep[] = [
    {
      holds: hex(leaf) === record.leaf_hash,
      says: t('audit.step.leaf', 'The entry has the leaf hash that the record names.'),
    },
    {
      holds: entryIsOf(body === null ? bytes : fromBase64(body), record.event_id),
      says: t('audit.step.event', 'It is this event.'),
    },
  ];
  if (body !== null) {
    steps.push({
      holds: commitsTo(bytes, fromBase64(body)),
      says: t('audit.step.commitment', 'The entry commits to the event by its hash.'),
    });
  }
  if (record.audit_signature.type === 'ed25519') {
    const signature = fromBase64(record.audit_signature.signature);
    steps.push({
      holds: signature !== null && verifyEd25519(signature, bytes, key.publicKey),
      says: t('audit.step.signature', 'The human decision carries a good signature of its own.'),
    });
  }
  if (checkpoint === null || proof === null) return { verified: false, steps, treeSize: null };
  const head = verifyCheckpoint(checkpoint, key);
  steps.push({
    holds: head !== null,
    says: t('audit.step.checkpoint', 'The checkpoint is signed by {{name}}.', { name: key.name }),
  });
  const path = proof.map(fromBase64);
  steps.push({
    holds:
      head !== null &&
      path.every((hash) => hash !== null) &&
      verifyInclusion({ index: record.log_index, size: head.size, leafHash: leaf, proof: path, root: head.root }),
    says: t('audit.step.path', 'The path leads from record {{index}} to the head of all {{size}} records.', {
      index: record.log_index,
      size: head?.size ?? '?',
    }),
  });
  return { verified: steps.every(({ holds }) => holds), steps, treeSize: head?.size ?? null };
}

/** Whether the entry is the commitment of the daemon to these bytes. */
function commitsTo(entry: Uint8Array, body: Uint8Array | null): boolean {
  if (body === null) return false;
  const wanted = `{"body":{"hash":"sha256:${hex(sha256(body))}","size":${body.length}}}`;
  return new TextDecoder().decode(entry) === wanted;
}

function entryIsOf(bytes: Uint8Array | null, eventId: string): boolean {
  if (bytes === null) return false;
  try {
    return (JSON.parse(new TextDecoder().decode(bytes)) as { id?: unknown }).id === eventId;
  } catch {
    return false;
  }
}
