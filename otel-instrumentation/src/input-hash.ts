/**
 * The hash of an input that stays with the service. A plain one gives an input away to whoever guesses it; with a key of the
 * service's own it is an HMAC, which tells nothing without the key.
 */
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** As many bytes as SHA-256 gives: a shorter key is easier to guess than the hash. */
export const fewestKeyBytes = 32;

/**
 * The key of `start`, else of COUNTERSIGN_HASH_KEY, else of the file that COUNTERSIGN_HASH_KEY_FILE names; null when there is
 * none. Throws when it cannot be read, and a RangeError when it is too short or said twice.
 */
export function readHashKey(
  option: string | Uint8Array | undefined,
  env: Readonly<Record<string, string | undefined>>,
): KeyObject | null {
  if (option !== undefined) return keyOf(Buffer.from(option), 'the option hashKey');
  const { COUNTERSIGN_HASH_KEY: value, COUNTERSIGN_HASH_KEY_FILE: path } = env;
  if (value !== undefined && path !== undefined) {
    throw new RangeError('set either COUNTERSIGN_HASH_KEY or COUNTERSIGN_HASH_KEY_FILE, not both');
  }
  if (value !== undefined) return keyOf(Buffer.from(value), 'COUNTERSIGN_HASH_KEY');
  if (path === undefined) return null;
  const bytes = readKeyFile(path);
  // Of a line of text, without its end.
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : bytes.length;
  return keyOf(bytes.subarray(0, end), `${path}, which COUNTERSIGN_HASH_KEY_FILE names,`);
}

function readKeyFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`COUNTERSIGN_HASH_KEY_FILE cannot be read (${why})`, { cause: error });
  }
}

function keyOf(bytes: Buffer, what: string): KeyObject {
  if (bytes.length < fewestKeyBytes) {
    const make = 'Make one with: openssl rand -hex 32';
    throw new RangeError(`${what} has ${bytes.length} bytes, want at least ${fewestKeyBytes}. ${make}`);
  }
  return createSecretKey(bytes);
}

export const hashOf = (content: Uint8Array | string, key: KeyObject | null): string =>
  key === null
    ? `sha256:${hash('sha256', content, 'hex')}`
    : `hmac-sha256:${createHmac('sha256', key).update(content).digest('hex')}`;
