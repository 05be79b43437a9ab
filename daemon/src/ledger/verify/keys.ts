/** Which keys a log may be signed with: those that the auditor knows, and those that they vouch for, one for the next. */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { keyEndorsement, type KeyStep } from '@countersign/contract';
import { formatVerifierKey, hex, parseVerifierKey, type VerifierKey } from '@countersign/contract/note';
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

export const verifyNow = (key: KeyObject | null, message: Uint8Array, signature: Uint8Array): boolean =>
  key !== null && verify(null, message, key, signature);

export class LogKeys {
  /** By the 4 bytes that name them, in hex. */
  private readonly keys = new Map<string, { readonly verifier: VerifierKey; readonly key: KeyObject }>();
  /** Whether the auditor named a key; otherwise the log's own word is taken for its first one. */
  readonly given: boolean;
  private readonly steps: { readonly index: number; readonly step: KeyStep }[] = [];

  /** Without a key that the auditor names, `otherwise` is taken, or the log's first word. */
  constructor(given: readonly VerifierKey[], otherwise: VerifierKey | null) {
    this.given = given.length > 0;
    for (const verifier of given) this.trust(verifier);
    if (!this.given && otherwise !== null) this.trust(otherwise);
  }

  private trust(verifier: VerifierKey): void {
    this.keys.set(hex(verifier.id), { verifier, key: publicKeyOf(verifier) });
  }

  get all(): VerifierKey[] {
    return [...this.keys.values()].map(({ verifier }) => verifier);
  }

  /** The key that signs with this id; null for one that is not trusted. */
  byId(id: Uint8Array): KeyObject | null {
    return this.keys.get(hex(id))?.key ?? null;
  }

  /** A key record of the log. Trusted at once when a trusted key vouches for it, or as the log's first word. */
  observe(index: number, step: KeyStep): void {
    this.steps.push({ index, step });
    this.follow(step);
  }

  private follow(step: KeyStep): void {
    const key = parseVerifierKey(step.key);
    if (key === null) return;
    const isFirstWord = !this.given && step.previous === null && this.keys.size === 0;
    if (isFirstWord || this.isVouchedFor(step)) this.trust(key);
  }

  private isVouchedFor({ key, previous, endorsement }: KeyStep): boolean {
    const before = previous === null ? null : parseVerifierKey(previous);
    const trusted = before === null ? null : this.byId(before.id);
    if (trusted === null || previous === null || endorsement === null) return false;
    return verify(null, Buffer.from(keyEndorsement(previous, key)), trusted, Buffer.from(endorsement, 'base64'));
  }

  /**
   * What was before a key that the auditor knows is vouched for by the log that this key signs: call it when the newest
   * checkpoint is good. Changes that nobody vouches for become problems.
   */
  settle(newestIsGood: boolean, problems: Problems): void {
    // An export has its newest records first.
    const steps = this.steps.toSorted((a, b) => a.index - b.index);
    for (const { step } of steps) this.follow(step);
    const last = steps.findLastIndex(({ step }) => this.isTrusted(step.key));
    for (const [i, { index, step }] of steps.entries()) {
      if (this.isTrusted(step.key)) continue;
      const key = parseVerifierKey(step.key);
      if (newestIsGood && i < last && key !== null) this.trust(key);
      else problems.add('bad_key', index, `record ${index} begins a key that no known key vouches for: ${step.key}`);
    }
  }

  private isTrusted(text: string): boolean {
    const key = parseVerifierKey(text);
    return key !== null && this.keys.has(hex(key.id));
  }

  toJSON(): string[] {
    return this.all.map(formatVerifierKey);
  }
}
