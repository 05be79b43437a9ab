/** The daemon's Ed25519 key: signs checkpoints and human decisions. Kept in a file that only its owner can read. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { verifierKey, type VerifierKey } from '@countersign/contract/note';

export interface SigningKey {
  readonly verifier: VerifierKey;
  /** 64 bytes. */
  sign(message: Uint8Array): Buffer;
}

/**
 * Reads the key (PKCS #8, PEM) or makes one on first use. `name` is the log's origin.
 * Throws when the file is there but holds no Ed25519 key.
 */
export function loadSigningKey(path: string, name: string): SigningKey {
  const key = readKey(path) ?? makeKey(path);
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Error(`${path} holds a key of type ${key.asymmetricKeyType}, want ed25519`);
  }
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  // The last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key (RFC 8410).
  return { verifier: verifierKey(name, spki.subarray(-32)), sign: (message) => sign(null, message, key) };
}

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
