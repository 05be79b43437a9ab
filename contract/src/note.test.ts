import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import {
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  isBy,
  parseNote,
  verifyEd25519,
  parseCheckpoint,
  parseVerifierKey,
  verifierKey,
  verifyCheckpoint,
} from './note.ts';
import { treeHead } from './merkle.ts';

const secret = new Uint8Array(32).fill(7);
const key = verifierKey('countersign.example/log', ed25519.getPublicKey(secret));
const checkpoint = { origin: 'countersign.example/log', size: 0, root: treeHead([]) };
const sign = (text: string) => formatNote(text, key, ed25519.sign(Buffer.from(text), secret));

describe('verifier keys', () => {
  it('reads the key of the signed-note specification and writes it back', () => {
    const text = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    expect(formatVerifierKey(parseVerifierKey(text)!)).toBe(text);
  });

  it('refuses a key whose id does not fit', () => {
    expect(parseVerifierKey('PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')).toBeNull();
    expect(parseVerifierKey('nonsense')).toBeNull();
    expect(() => verifierKey('two words', key.publicKey)).toThrow('no white space');
  });
});

describe('checkpoints', () => {
  it('verifies what was signed', () => {
    expect(verifyCheckpoint(sign(formatCheckpoint(checkpoint)), key)).toEqual(checkpoint);
  });

  it('ignores signatures of others and finds its own among them', () => {
    const other = verifierKey('other', ed25519.getPublicKey(new Uint8Array(32).fill(9)));
    const text = formatCheckpoint(checkpoint);
    const foreign = formatNote(text, other, new Uint8Array(64));
    expect(verifyCheckpoint(foreign, key)).toBeNull();
    expect(verifyCheckpoint(foreign + sign(text).split('\n\n')[1]!, key)).toEqual(checkpoint);
  });

  it('refuses a changed text', () => {
    expect(verifyCheckpoint(sign(formatCheckpoint(checkpoint)).replace('\n0\n', '\n1\n'), key)).toBeNull();
  });

  it.each(['origin\n01\nAAAA\n', 'origin\n1\nAAAA\n', '\n1\n', 'origin\n-1\n', ''])('refuses %j', (text) => {
    expect(parseCheckpoint(text)).toBeNull();
  });
});

it('verifies the note of the specification', () => {
  // C2SP signed-note, "Example".
  const foo = parseVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
  const note =
    'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
  const { text, signatures } = parseNote(note)!;
  expect(isBy(signatures[0]!, foo!)).toBe(true);
  expect(verifyEd25519(signatures[0]!.signature, new TextEncoder().encode(text), foo!.publicKey)).toBe(true);
});

it.each([
  ['a carriage return', 'a\r\n\n— k AAAAAAA=\n'],
  ['no signature', 'text\n\n'],
  ['a line that is no signature', 'text\n\n— k AAAAAAA=\nrest\n'],
  ['a name with a next-line character', 'text\n\n— k\u0085 AAAAAAA=\n'],
  ['too short a signature', 'text\n\n— k AAAA\n'],
  ['no line feed at the end', 'text\n\n— k AAAAAAA='],
])('is no note with %s', (_what, note) => expect(parseNote(note)).toBeNull());
