/**
 * Signed notes and checkpoints: C2SP signed-note and tlog-checkpoint, Ed25519 only (types 1 and 4).
 * Reading and verifying is here for everyone, a browser included; the private key stays with the daemon.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** A public key with the name it signs under: `<name>+<hash>+<base64(type || key)>` as C2SP writes it. */
export interface VerifierKey {
  readonly name: string;
  /** What its signatures are over: the text of a note, or a cosignature's message. */
  readonly type: KeyType;
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

/** Ed25519 over a note, and Ed25519 of a witness with a time. */
export const keyTypes = { ed25519: 0x01, cosignature: 0x04 } as const;
export type KeyType = (typeof keyTypes)[keyof typeof keyTypes];
const utf8 = new TextEncoder();

/** SHA-256(name || 0A || type || key)[:4], which tells keys of one name apart. Name: not empty, no space, no plus. */
export function verifierKey(name: string, publicKey: Uint8Array, type: KeyType = keyTypes.ed25519): VerifierKey {
  if (!isKeyName(name)) throw new RangeError(`key name is "${name}", want no white space and no plus sign`);
  if (publicKey.length !== 32) throw new RangeError(`public key has ${publicKey.length} bytes, want 32`);
  const hashed = sha256(concat(utf8.encode(`${name}\n`), Uint8Array.of(type), publicKey));
  return { name, type, id: hashed.slice(0, 4), publicKey };
}

export const formatVerifierKey = ({ name, type, id, publicKey }: VerifierKey): string =>
  `${name}+${hex(id)}+${toBase64(concat(Uint8Array.of(type), publicKey))}`;

/** Null unless the text is a well-formed key of the type, whose id fits its name. */
export function parseVerifierKey(text: string, type: KeyType = keyTypes.ed25519): VerifierKey | null {
  const [name, id, encoded, ...rest] = splitKey(text);
  if (name === undefined || id === undefined || encoded === undefined || rest.length > 0) return null;
  const bytes = fromBase64(encoded);
  if (bytes === null || bytes.length !== 33 || bytes[0] !== type || !isKeyName(name)) return null;
  const key = verifierKey(name, bytes.slice(1), type);
  return hex(key.id) === id ? key : null;
}

/** The body of a checkpoint; the text that is signed. */
export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${toBase64(root)}\n`;

export const formatSignature = (key: VerifierKey, signature: Uint8Array): string =>
  `— ${key.name} ${toBase64(concat(key.id, signature))}\n`;

/** The note: its text, an empty line, and a line for the signature (64 bytes over the text). */
export const formatNote = (text: string, key: VerifierKey, signature: Uint8Array): string =>
  `${text}\n${formatSignature(key, signature)}`;

export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly id: Uint8Array;
  readonly signature: Uint8Array;
  readonly line: string;
}

export interface Note {
  /** What the signatures are over, its last line feed included. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Signatures of one kind may have 5 kB; more of them than this are not of this world. */
const mostSignatures = 100;

/** Null unless it is a note to the letter; the text ends at the last empty line. Nothing is verified. */
export function parseNote(note: string): Note | null {
  const end = note.lastIndexOf('\n\n');
  // eslint-disable-next-line no-control-regex
  if (end < 0 || !note.endsWith('\n') || /[\x00-\x09\x0b-\x1f]/.test(note)) return null;
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > mostSignatures) return null;
  const signatures = lines.map(parseSignature);
  return signatures.every((signature) => signature !== null) ? { text: note.slice(0, end + 1), signatures } : null;
}

function parseSignature(line: string): NoteSignature | null {
  const [dash, name, encoded, ...rest] = line.split(' ');
  if (dash !== '—' || name === undefined || encoded === undefined || rest.length > 0 || !isKeyName(name)) return null;
  const bytes = fromBase64(encoded);
  if (bytes === null || bytes.length < 5) return null;
  return { name, id: bytes.slice(0, 4), signature: bytes.slice(4), line: `${line}\n` };
}

export const isBy = ({ name, id }: NoteSignature, key: VerifierKey): boolean =>
  name === key.name && hex(id) === hex(key.id);

/** Whether `key` has signed the note, and every signature in its name is good. Those of others are ignored. */
export function isSignedBy({ text, signatures }: Note, key: VerifierKey): boolean {
  const ours = signatures.filter((signature) => isBy(signature, key));
  const message = utf8.encode(text);
  return ours.length > 0 && ours.every(({ signature }) => verifyEd25519(signature, message, key.publicKey));
}

/** The checkpoint when `key` has signed it. */
export function verifyCheckpoint(note: string, key: VerifierKey): Checkpoint | null {
  const parsed = parseNote(note);
  return parsed !== null && isSignedBy(parsed, key) ? parseCheckpoint(parsed.text) : null;
}

/**
 * Strict: decimal size without leading zero, canonical base64 root of 32 bytes. Extension lines, which our logs never have
 * and others may, are refused unless they are asked for.
 */
export function parseCheckpoint(text: string, extensions: 'refused' | 'allowed' = 'refused'): Checkpoint | null {
  const [origin, size, root, ...rest] = text.split('\n');
  if (!origin || size === undefined || root === undefined || rest.pop() !== '') return null;
  if (rest.includes('') || (rest.length > 0 && extensions === 'refused')) return null;
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) return null;
  const hash = fromBase64(root);
  return hash?.length === 32 ? { origin, size: Number(size), root: hash } : null;
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

/** No white space as Unicode has it, which is not what \s has, and no plus sign. */
const isKeyName = (name: string) => name !== '' && !/[\p{White_Space}+]/u.test(name);

/** At the first two plus signs only: base64 has plus signs of its own. */
function splitKey(text: string): string[] {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  return first < 0 || second < 0 ? [] : [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What a key signs to vouch for its successor, both as C2SP writes verifier keys. */
export const keyEndorsement = (previous: string, key: string): string =>
  `countersign key succession v1\n${previous}\n${key}\n`;
