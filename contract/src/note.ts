/**
 * Signed notes and checkpoints: C2SP signed-note and tlog-checkpoint, Ed25519 only (signature type 1).
 * Reading and verifying is here for everyone, a browser included; the private key stays with the daemon.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** A public key with the name it signs under: `<name>+<hash>+<base64(01 || key)>` as C2SP writes it. */
export interface VerifierKey {
  readonly name: string;
  /** 4 bytes. */
  readonly id: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

export interface Checkpoint {
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

const ed25519Type = 0x01;
const utf8 = new TextEncoder();

/** SHA-256(name || 0A || 01 || key)[:4], which tells keys of one name apart. Name: not empty, no space, no plus. */
export function verifierKey(name: string, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw new RangeError(`key name is "${name}", want no white space and no plus sign`);
  if (publicKey.length !== 32) throw new RangeError(`public key has ${publicKey.length} bytes, want 32`);
  const hashed = sha256(concat(utf8.encode(`${name}\n`), Uint8Array.of(ed25519Type), publicKey));
  return { name, id: hashed.slice(0, 4), publicKey };
}

export const formatVerifierKey = ({ name, id, publicKey }: VerifierKey): string =>
  `${name}+${hex(id)}+${toBase64(concat(Uint8Array.of(ed25519Type), publicKey))}`;

/** Null unless the text is a well-formed Ed25519 key whose id fits its name. */
export function parseVerifierKey(text: string): VerifierKey | null {
  const [name, id, encoded, ...rest] = splitKey(text);
  if (name === undefined || id === undefined || encoded === undefined || rest.length > 0) return null;
  const bytes = fromBase64(encoded);
  if (bytes === null || bytes.length !== 33 || bytes[0] !== ed25519Type || !isKeyName(name)) return null;
  const key = verifierKey(name, bytes.slice(1));
  return hex(key.id) === id ? key : null;
}

/** The body of a checkpoint; the text that is signed. */
export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${toBase64(root)}\n`;

/** The note: its text, an empty line, and a line for the signature (64 bytes over the text). */
export const formatNote = (text: string, key: VerifierKey, signature: Uint8Array): string =>
  `${text}\n— ${key.name} ${toBase64(concat(key.id, signature))}\n`;

/** What the signatures of a note are over, its last line feed included; null when it is no note. */
export function textOfNote(note: string): string | null {
  const end = note.lastIndexOf('\n\n');
  return end < 0 || !note.endsWith('\n') ? null : note.slice(0, end + 1);
}

/** The checkpoint when one of the note's signatures is by `key` and good; null otherwise. Other signatures are ignored. */
export function verifyCheckpoint(note: string, key: VerifierKey): Checkpoint | null {
  const text = textOfNote(note);
  if (text === null) return null;
  const signed = note
    .slice(text.length + 1, -1)
    .split('\n')
    .some((line) => isSignedBy(line, text, key));
  return signed ? parseCheckpoint(text) : null;
}

/** Strict: decimal size without leading zero, canonical base64 root of 32 bytes, no extension lines. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const [origin, size, root, end, ...extension] = text.split('\n');
  if (!origin || size === undefined || root === undefined || end !== '' || extension.length > 0) return null;
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) return null;
  const hash = fromBase64(root);
  return hash?.length === 32 ? { origin, size: Number(size), root: hash } : null;
}

function isSignedBy(line: string, text: string, key: VerifierKey): boolean {
  const [dash, name, encoded, ...rest] = line.split(' ');
  if (dash !== '—' || name !== key.name || encoded === undefined || rest.length > 0) return false;
  const bytes = fromBase64(encoded);
  if (bytes === null || bytes.length !== 68 || hex(bytes.slice(0, 4)) !== hex(key.id)) return false;
  return verifyEd25519(bytes.slice(4), utf8.encode(text), key.publicKey);
}

/** RFC 8032, strict (no small-order keys). False for anything malformed. */
export function verifyEd25519(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

export const toBase64 = (bytes: Uint8Array): string => {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
};

/** Null unless the text is canonical standard base64. */
export function fromBase64(text: string): Uint8Array | null {
  try {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return toBase64(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');

const isKeyName = (name: string) => name !== '' && !/[\s+]/u.test(name);

/** At the first two plus signs only: base64 has plus signs of its own. */
function splitKey(text: string): string[] {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  return first < 0 || second < 0 ? [] : [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
