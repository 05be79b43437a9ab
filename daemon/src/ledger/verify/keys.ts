/**
 * Which keys a log may be signed with, and for which of its records. A key is good from its own record to the next key's:
 * one that was replaced because it leaked is worth nothing afterwards. Trusted are the keys that the auditor knows, those
 * that a trusted key vouches for, and those that a trusted key's record names as the one before.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { eventTypes, type CountersignEvent, type KeyStep } from '@countersign/contract';
import { keyEndorsement } from '@countersign/contract/note';
import { formatVerifierKey, hex, parseVerifierKey, type VerifierKey } from '@countersign/contract/note';
import { leafHash } from '../tree.ts';
import type { Problems } from './problems.ts';

/** DER of an Ed25519 SubjectPublicKeyInfo before its 32 bytes (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

const publicKeyOf = ({ publicKey }: VerifierKey): KeyObject =>
  createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: 'der', type: 'spki' });

/** Resolves to whether Ed25519 holds; done beside, on a thread of Node's own. */
export const verifyBeside = (key: KeyObject, message: Uint8Array, signature: Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    verify(null, message, key, signature, (error, good) => resolve(error === null && good));
  });

/** The record that begins a key. Whether it is in the log is seen by its leaf, or by a proof. */
export interface KeyRecord {
  readonly index: number;
  readonly entry: Buffer;
}

interface Step {
  readonly index: number;
  readonly leaf: Buffer;
  readonly step: KeyStep;
}

interface Trusted {
  readonly verifier: VerifierKey;
  readonly key: KeyObject;
}

export class LogKeys {
  /** Whether the auditor named a key; otherwise the log's own word is taken for its newest one. */
  readonly given: boolean;
  private readonly trusted = new Map<string, Trusted>();
  /** In order. */
  private readonly steps: readonly Step[];

  constructor(given: readonly VerifierKey[], records: readonly KeyRecord[]) {
    this.given = given.length > 0;
    this.steps = records.flatMap(readStep).toSorted((a, b) => a.index - b.index);
    for (const verifier of given) this.trust(verifier);
    const newest = parseVerifierKey(this.steps.at(-1)?.step.key ?? '');
    if (!this.given && newest !== null) this.trust(newest);
    for (const { step } of this.steps.toReversed()) if (this.isTrusted(step.key)) this.trustText(step.previous);
    for (const { step } of this.steps) if (this.isVouchedFor(step)) this.trustText(step.key);
  }

  private trust(verifier: VerifierKey): void {
    this.trusted.set(hex(verifier.id), { verifier, key: publicKeyOf(verifier) });
  }

  private trustText(text: string | null): void {
    const verifier = parseVerifierKey(text ?? '');
    if (verifier !== null && !this.trusted.has(hex(verifier.id))) this.trust(verifier);
  }

  private isTrusted(text: string): boolean {
    const key = parseVerifierKey(text);
    return key !== null && this.trusted.has(hex(key.id));
  }

  private isVouchedFor({ key, previous, endorsement }: KeyStep): boolean {
    const before = parseVerifierKey(previous ?? '');
    const trusted = before === null ? undefined : this.trusted.get(hex(before.id));
    if (trusted === undefined || previous === null || endorsement === null) return false;
    return verify(null, Buffer.from(keyEndorsement(previous, key)), trusted.key, Buffer.from(endorsement, 'base64'));
  }

  get all(): VerifierKey[] {
    return [...this.trusted.values()].map(({ verifier }) => verifier);
  }

  /** The trusted key of this id, when it signed for the record at `index`; null otherwise. */
  at(id: Uint8Array, index: number): KeyObject | null {
    const found = this.trusted.get(hex(id));
    if (found === undefined) return null;
    const text = formatVerifierKey(found.verifier);
    const place = this.steps.findIndex(({ step }) => step.key === text);
    // A key that the auditor knows and no record begins: nothing says from where to where.
    if (place < 0) return found.key;
    const [from, to] = [this.steps[place]?.index ?? 0, this.steps[place + 1]?.index ?? Number.POSITIVE_INFINITY];
    return from <= index && index < to ? found.key : null;
  }

  /** The leaf that the record at `index` has to have, as the beginning of a key; null for other records. */
  leafAt(index: number): Buffer | null {
    return this.steps.find((step) => step.index === index)?.leaf ?? null;
  }

  /** Tells of the keys that nobody vouches for. */
  tellUntrusted(problems: Problems): void {
    for (const { index, step } of this.steps) {
      if (this.isTrusted(step.key)) continue;
      problems.add('bad_key', index, `record ${index} begins a key that no known key vouches for: ${step.key}`);
    }
  }

  toJSON(): string[] {
    return this.all.map(formatVerifierKey);
  }
}

/** Nothing for bytes that begin no key. */
function readStep({ index, entry }: KeyRecord): Step[] {
  try {
    const event = JSON.parse(entry.toString('utf8')) as CountersignEvent;
    return event.type === eventTypes.key ? [{ index, leaf: leafHash(entry), step: event.data }] : [];
  } catch {
    return [];
  }
}
