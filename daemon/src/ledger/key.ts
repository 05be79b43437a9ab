/**
 * The daemon's Ed25519 key: signs checkpoints and human decisions. Kept in a file that only its owner can read. Beside it,
 * `<file>.successions.json` says which key followed which, each vouched for by the one before.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { KeyStep } from '@countersign/contract';
import { keyEndorsement } from '@countersign/contract/note';
import {
  formatVerifierKey,
  hex,
  keyTypes,
  verifierKey,
  type KeyType,
  type VerifierKey,
} from '@countersign/contract/note';

export interface SigningKey {
  readonly verifier: VerifierKey;
  /** 64 bytes. */
  sign(message: Uint8Array): Buffer;
}

/** One key after another; `endorsement` is null when the previous one was lost. */
export type Succession = Pick<KeyStep, 'key' | 'endorsement'> & { readonly previous: string };

/**
 * Reads the key (PKCS #8, PEM) or makes one on first use. `name` is the log's origin.
 * Throws when the file is there but holds no Ed25519 key.
 */
export function loadSigningKey(path: string, name: string, type: KeyType = keyTypes.ed25519): SigningKey {
  return signingKey(readKey(path) ?? makeKey(path), path, name, type);
}

function signingKey(key: KeyObject, path: string, name: string, type: KeyType = keyTypes.ed25519): SigningKey {
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Error(`${path} holds a key of type ${key.asymmetricKeyType}, want ed25519`);
  }
  return { verifier: verifierKey(name, publicBytes(key), type), sign: (message) => sign(null, message, key) };
}

/** The last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key (RFC 8410). */
const publicBytes = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32);

function readKey(path: string): KeyObject | null {
  try {
    return createPrivateKey(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`${path} holds no private key in PEM: ${String(error)}`, { cause: error });
  }
}

function makeKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // wx: two daemons that start together must not overwrite each other's key.
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  return privateKey;
}

export interface Rotation {
  readonly previous: VerifierKey;
  readonly key: VerifierKey;
  /** Where the previous key is kept. */
  readonly kept: string;
}

/** Puts a new key in the place of the one at `path`, which vouches for it and is kept beside it. */
export function rotateKey(path: string, name: string): Rotation {
  const old = readKey(path);
  if (old === null)
    throw new Error(`${path} does not exist, so there is nothing to rotate. The daemon makes the first key.`);
  const previous = signingKey(old, path, name);
  const fresh = `${path}.new`;
  // Of a rotation that was cut short: nobody has seen it.
  rmSync(fresh, { force: true });
  const { verifier } = signingKey(makeKey(fresh), fresh, name);
  const [before, key] = [formatVerifierKey(previous.verifier), formatVerifierKey(verifier)];
  const endorsement = previous.sign(Buffer.from(keyEndorsement(before, key))).toString('base64');
  const kept = `${path}.${hex(previous.verifier.id)}`;
  writeFileSync(kept, readFileSync(path), { mode: 0o600 });
  // One that was cut short before the new key took its place led nowhere.
  const earlier = readSuccessions(path).filter((succession) => succession.previous !== before);
  writeSuccessions(path, [...earlier, { previous: before, key, endorsement }]);
  renameSync(fresh, path);
  return { previous: previous.verifier, key: verifier, kept };
}

/** Says that the key at `path` follows `previous`, which is lost and cannot vouch for it. */
export function replaceLostKey(path: string, name: string, previous: string): VerifierKey {
  const { verifier } = loadSigningKey(path, name);
  const key = formatVerifierKey(verifier);
  writeSuccessions(path, [...readSuccessions(path), { previous, key, endorsement: null }]);
  return verifier;
}

const successionsPath = (path: string) => `${path}.successions.json`;

export function readSuccessions(path: string): Succession[] {
  const file = successionsPath(path);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Succession[]) : [];
}

function writeSuccessions(path: string, successions: readonly Succession[]): void {
  const fresh = `${successionsPath(path)}.new`;
  writeFileSync(fresh, `${JSON.stringify(successions, null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, successionsPath(path));
}
