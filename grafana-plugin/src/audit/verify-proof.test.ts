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
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const event = (id: string) => ({
  specversion: '1.0',
  id,
  source: 's',
  type: 'countersign.decision.human.v1',
  subject: 't',
  time: '2026-01-01T00:00:00Z',
  data: { workflow_id: 'w', task_id: 't', reviews: 'x', reviewer: 'ann', action: 'reject', justification: 'so' },
});
const entries = ['a', 'b', 'c'].map((id) => encode(event(id)));
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
  signer: null,
};

/** As asked for by what it says it is. */
const checked = (answer: AuditProof) => checkProof(answer, { eventId: answer.record.event_id });

describe('checkProof', () => {
  it('holds for a record as it was recorded', () => {
    expect(checked(good)).toMatchObject({ verified: true, treeSize: 3 });
  });

  it('does not hold for a good proof of another record than was asked for', () => {
    expect(checkProof(good, { eventId: 'b', logIndex: 1 }).verified).toBe(true);
    expect(checkProof(good, { eventId: 'a' }).verified).toBe(false);
    expect(checkProof(good, { eventId: 'b', logIndex: 2 }).verified).toBe(false);
  });

  it('does not hold by the head of another log, though the key has signed it', () => {
    const of = formatCheckpoint({ origin: 'another.example', size: 3, root: treeHead(leaves) });
    const checkpoint = formatNote(of, key, ed25519.sign(new TextEncoder().encode(of), secret));
    expect(checked({ ...good, checkpoint }).verified).toBe(false);
  });

  it('waits for a checkpoint', () => {
    expect(checked({ ...good, checkpoint: null, proof: null }).verified).toBe(false);
  });

  const other = encode({ ...event('b'), changed: true });
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
    ['another reason', { record: { ...good.record, justification: 'so not' } }],
    ['another person', { record: { ...good.record, decision_actor: { type: 'human', id: 'ben' } } }],
    ['another action', { record: { ...good.record, decision_action: 'accept' } }],
    ['another output', { record: { ...good.record, model_output: { label: 'ham' } } }],
    ['another time', { record: { ...good.record, timestamp: '2026-01-02T00:00:00Z' } }],
    ['another type', { type: 'countersign.outcome.v1' }],
    ['a human decision without a signature', { record: { ...good.record, audit_signature: { type: 'inclusion' } } }],
  ])('does not hold for %s', (_name, change) => {
    expect(checked({ ...good, ...change }).verified).toBe(false);
  });

  it('holds where a service says more in an object than an answer shows', () => {
    const model = { name: 'm', version: '1', hash: 'h' };
    const snapshot = { hash: 'sha256:x', uri: 'urn:x' };
    const said = {
      ...event('d'),
      type: 'countersign.decision.ai.v1',
      data: {
        workflow_id: 'w',
        model,
        input_snapshot: { ...snapshot, version_id: 'v7' },
        output: { label: 'ham' },
        action: 'accept',
        justification: '',
      },
    };
    const bytes = encode(said);
    const record = {
      ...good.record,
      event_id: 'd',
      model_version: '1',
      model_hash: 'h',
      input_snapshot: snapshot,
      model_output: { label: 'ham' },
      decision_actor: { type: 'ai' as const, id: 'm@1' },
      decision_action: 'accept' as const,
      justification: '',
      audit_signature: { type: 'inclusion' as const },
      log_index: 0,
      leaf_hash: hex(leafHash(bytes)),
    };
    const one = formatCheckpoint({ origin: key.name, size: 1, root: treeHead([leafHash(bytes)]) });
    const checkpoint = formatNote(one, key, ed25519.sign(new TextEncoder().encode(one), secret));
    const answer = { ...good, type: said.type, record, entry: toBase64(bytes), proof: [], checkpoint };
    expect(checked(answer).verified).toBe(true);
    const forged = { ...record, input_snapshot: { ...snapshot, uri: 'urn:y' } };
    expect(checked({ ...answer, record: forged }).verified).toBe(false);
    expect(checked({ ...answer, record: { ...record, input_snapshot: null } }).verified).toBe(false);
  });

  it('reads what it shows off the proven bytes', () => {
    const forged = { ...good, record: { ...good.record, justification: 'so not' } };
    expect(checked(forged).said).toMatchObject({ justification: 'so', decision_actor: { id: 'ann' } });
    const { id: _id, ...nameless } = event('b').data as Record<string, unknown>;
    expect(
      checked({ ...good, entry: toBase64(encode({ type: 'countersign.outcome.v1', data: nameless })) }),
    ).toMatchObject({ verified: false });
    expect(checked({ ...good, entry: toBase64(encode(null)) })).toMatchObject({ verified: false, said: null });
  });

  it('knows a key from before by the record that began it', () => {
    const old = verifierKey('log.example', ed25519.getPublicKey(new Uint8Array(32).fill(3)));
    const began = encode({
      ...event('k'),
      type: 'countersign.key.v1',
      data: { workflow_id: 'w', key: formatVerifierKey(old), previous: null, endorsement: null },
    });
    const all = [leafHash(began), ...leaves];
    const head = formatCheckpoint({ origin: key.name, size: 4, root: treeHead(all) });
    const signer = { log_index: 0, entry: toBase64(began), proof: inclusionProof(all, 0).map(toBase64) };
    const signedBefore: AuditProof = {
      ...good,
      record: {
        ...good.record,
        log_index: 2,
        audit_signature: {
          type: 'ed25519',
          key: formatVerifierKey(old),
          signature: toBase64(ed25519.sign(entries[1]!, new Uint8Array(32).fill(3))),
        },
      },
      proof: inclusionProof(all, 2).map(toBase64),
      checkpoint: formatNote(head, key, ed25519.sign(new TextEncoder().encode(head), secret)),
      signer,
    };
    expect(checked(signedBefore).verified).toBe(true);
    expect(checked({ ...signedBefore, signer: null }).verified).toBe(false);
    expect(checked({ ...signedBefore, signer: { ...signer, log_index: 1 } }).verified).toBe(false);
    const mine = encode({ ...event('k'), type: 'countersign.key.v1', data: { key: formatVerifierKey(key) } });
    expect(checked({ ...signedBefore, signer: { ...signer, entry: toBase64(mine) } }).verified).toBe(false);
  });
});
