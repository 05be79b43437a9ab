/** Cosignatures: C2SP tlog-cosignature, Ed25519. A witness says when it saw a checkpoint as the largest of its log. */
import { concat, formatSignature, isBy, parseNote, verifyEd25519, type VerifierKey } from './note.ts';

const utf8 = new TextEncoder();

/** What a witness signs: the time in seconds since 1970, and the whole text of the checkpoint. */
export const cosignedMessage = (checkpointText: string, time: number): Uint8Array =>
  utf8.encode(`cosignature/v1\ntime ${time}\n${checkpointText}`);

/** The signature line: key id, time (8 bytes, big endian), signature over `cosignedMessage`. */
export const formatCosignature = (key: VerifierKey, time: number, signature: Uint8Array): string =>
  formatSignature(key, concat(uint64(time), signature));

export interface Cosignature {
  /** Seconds since 1970. */
  readonly time: number;
  readonly line: string;
}

/** The newest good cosignature of `key` on a checkpoint; null when there is none, or one in its name is not good. */
export function verifyCosignature(note: string, key: VerifierKey): Cosignature | null {
  const parsed = parseNote(note);
  if (parsed === null) return null;
  let newest: Cosignature | null = null;
  for (const signed of parsed.signatures) {
    if (!isBy(signed, key)) continue;
    const { signature, line } = signed;
    if (signature.length !== 72) return null;
    const time = Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
    if (!Number.isSafeInteger(time) || time === 0) return null;
    if (!verifyEd25519(signature.slice(8), cosignedMessage(parsed.text, time), key.publicKey)) return null;
    if (newest === null || time > newest.time) newest = { time, line };
  }
  return newest;
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
