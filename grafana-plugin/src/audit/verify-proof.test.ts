import { ed25519 } from '@noble/curves/ed25519.js';
import type { AuditProof } from '@countersign/contract';
import { inclusionProof, leafHash, treeHead } from '@countersign/contract/merkle';
import {
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  hex,
  toBase64,
  verifierKey,
} from '@countersign/contract/note';
import { describe, expect, it } from 'vitest';
import { checkProof } from './verify-proof';

const secret = new Uint8Array(32).fill(7);
const key = verifierKey('log.example', ed25519.getPublicKey(secret));
const entries = ['a', 'b', 'c'].map((id) => new TextEncoder().encode(JSON.stringify({ id })));
const leaves = entries.map(leafHash);
const text = formatCheckpoint({ origin: key.name, size: 3, root: treeHead(leaves) });

const good: AuditProof = {
  record: {
    event_id: 'b',
    timestamp: '2026-01-01T00:00:00Z',
    workflow_id: 'w',
    task_id: 't',
    model_version: null,
    model_hash: null,
    input_snapshot: null,
    model_output: null,
    decision_actor: { type: 'human', id: 'ann' },
    decision_action: 'reject',
    justification: 'so',
    audit_signature: { type: 'ed25519', key: '', signature: toBase64(ed25519.sign(entries[1]!, secret)) },
    log_index: 1,
    leaf_hash: hex(leaves[1]!),
  },
  type: 'countersign.decision.human.v1',
  entry: toBase64(entries[1]!),
  body: null,
  proof: inclusionProof(leaves, 1).map(toBase64),
  checkpoint: formatNote(text, key, ed25519.sign(new TextEncoder().encode(text), secret)),
  verifier_key: formatVerifierKey(key),
};

describe('checkProof', () => {
  it('holds for a record as it was recorded', () => {
    expect(checkProof(good)).toMatchObject({ verified: true, treeSize: 3 });
  });

  it('waits for a checkpoint', () => {
    expect(checkProof({ ...good, checkpoint: null, proof: null }).verified).toBe(false);
  });

  const other = new TextEncoder().encode(JSON.stringify({ id: 'b', changed: true }));
  it.each<[string, Partial<AuditProof>]>([
    ['another entry', { entry: toBase64(other) }],
    [
      'another entry with its own leaf hash',
      { entry: toBase64(other), record: { ...good.record, leaf_hash: hex(leafHash(other)) } },
    ],
    ['the entry of another event', { record: { ...good.record, event_id: 'a' } }],
    ['another place', { record: { ...good.record, log_index: 2 } }],
    ['another path', { proof: inclusionProof(leaves, 0).map(toBase64) }],
    ['a larger tree', { checkpoint: good.checkpoint!.replace('\n3\n', '\n4\n') }],
    [
      'another key',
      { verifier_key: formatVerifierKey(verifierKey('log.example', ed25519.getPublicKey(new Uint8Array(32).fill(9)))) },
    ],
    [
      'a forged signature',
      {
        record: {
          ...good.record,
          audit_signature: { type: 'ed25519', key: '', signature: toBase64(new Uint8Array(64)) },
        },
      },
    ],
    ['damaged text', { entry: '%%%' }],
  ])('does not hold for %s', (_name, change) => {
    expect(checkProof({ ...good, ...change }).verified).toBe(false);
  });
});
