import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inclusionProof, leafHash, treeHead } from './merkle.ts';
import { formatCheckpoint, formatNote, verifierKey } from './note.ts';
import { formatProof, parseProof, verifyProof } from './proof.ts';
import { parseTilePath, tilePath } from './tiles.ts';

const secret = new Uint8Array(32).fill(3);
const key = verifierKey('log.example/one', ed25519.getPublicKey(secret));

function proofOf(size: number, index: number) {
  const entries = Array.from({ length: size }, (_, i) => new TextEncoder().encode(`entry ${i}`));
  const leaves = entries.map(leafHash);
  const text = formatCheckpoint({ origin: key.name, size, root: treeHead(leaves) });
  const checkpoint = formatNote(text, key, ed25519.sign(new TextEncoder().encode(text), secret));
  return { entry: entries[index]!, text: formatProof({ index, path: inclusionProof(leaves, index), checkpoint }) };
}

describe('proof files', () => {
  it('say what C2SP wants them to', () => {
    const [first, index, hash, empty, origin] = proofOf(2, 1).text.split('\n');
    expect([first, index, empty, origin]).toEqual(['c2sp.org/tlog-proof@v1', 'index 1', '', 'log.example/one']);
    expect(Buffer.from(hash!, 'base64')).toHaveLength(32);
    expect(proofOf(1, 0).text.split('\n').slice(0, 3)).toEqual(['c2sp.org/tlog-proof@v1', 'index 0', '']);
  });

  it('are verified as they were written, and not when a character of the proof is another', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1))),
        fc.nat(),
        ([size, index], at) => {
          const { entry, text } = proofOf(size, index);
          expect(verifyProof(parseProof(text)!, entry, key)?.size).toBe(size);
          expect(verifyProof(parseProof(text)!, Buffer.from('another'), key)).toBeNull();
          // Up to the signature: behind it there may be lines of others.
          const place = at % text.length;
          const changed = `${text.slice(0, place)}${text[place] === 'A' ? 'B' : 'A'}${text.slice(place + 1)}`;
          const parsed = parseProof(changed);
          expect(parsed === null ? null : verifyProof(parsed, entry, key)).toBeNull();
        },
      ),
    );
  });

  it.each(['index 00', 'index +0', 'index -1', 'index 9007199254740993', 'index', 'extra x\nindex 0'])(
    'are refused with the line %j',
    (line) => expect(parseProof(proofOf(2, 0).text.replace('index 0', line))).toBeNull(),
  );

  it('may carry extra data', () => {
    const { entry, text } = proofOf(2, 0);
    expect(verifyProof(parseProof(text.replace('index 0', 'extra aGk=\nindex 0'))!, entry, key)?.size).toBe(2);
  });
});

describe('tile paths', () => {
  it.each([
    ['tile/0/000', { level: 0, index: 0, width: 256 }],
    ['tile/0/x001/x234/067.p/8', { level: 0, index: 1_234_067, width: 8 }],
    ['tile/entries/x001/000', { level: 'entries', index: 1_000, width: 256 }],
    ['tile/2/255.p/1', { level: 2, index: 255, width: 1 }],
  ] as const)('%s', (path, tile) => {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it.each([
    'tile/0/0',
    'tile/0/x000/001',
    'tile/00/000',
    'tile/0/000.p/256',
    'tile/0/000.p/257',
    'tile/0/000.p/999',
    'tile/0/000.p/0',
    'tile/0/000.p/08',
    'tile/64/000',
    'tile/x/000',
    'tile/0/000/',
    'tile/0/1000',
  ])('refuses %s', (path) => expect(parseTilePath(path)).toBeNull());
});
