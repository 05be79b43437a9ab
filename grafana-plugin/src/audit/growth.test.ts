import { ed25519 } from '@noble/curves/ed25519.js';
import { consistencyProof, leafHash, treeHead } from '@countersign/contract/merkle';
import {
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  hex,
  keyEndorsement,
  toBase64,
  verifierKey,
} from '@countersign/contract/note';
import { describe, expect, it } from 'vitest';
import { checkGrowth, hasRoot, isOneLog, sizeOf, type Pin } from './growth';

const keyOf = (seed: number) => {
  const secret = new Uint8Array(32).fill(seed);
  return { secret, key: verifierKey('log.example', ed25519.getPublicKey(secret)) };
};
const ours = keyOf(7);
const leavesOf = (...texts: string[]) => texts.map((text) => leafHash(new TextEncoder().encode(text)));
const noteOf = (leaves: Uint8Array[], { secret, key } = ours) => {
  const text = formatCheckpoint({ origin: key.name, size: leaves.length, root: treeHead(leaves) });
  return formatNote(text, key, ed25519.sign(new TextEncoder().encode(text), secret));
};
const before = leavesOf('a', 'b', 'c');
const after = leavesOf('a', 'b', 'c', 'd', 'e');
const pin: Pin = { note: noteOf(before), verifierKey: formatVerifierKey(ours.key), seenAt: '2026-01-01T00:00:00Z' };
const growth = (leaves: Uint8Array[], signer = ours) => ({
  from: 3,
  checkpoint: noteOf(leaves, signer),
  proof: consistencyProof(leaves, 3).map(toBase64),
  verifier_key: formatVerifierKey(signer.key),
  successions: [],
});

describe('what a browser has seen of the log', () => {
  it('begins with the first checkpoint', () => {
    expect(checkGrowth(null, growth(after))).toEqual({ is: 'first', size: 5 });
    expect(sizeOf(pin)).toBe(3);
  });

  it('has only grown when the old tree is the beginning of the new one', () => {
    expect(checkGrowth(pin, growth(after))).toEqual({ is: 'grown', size: 5, from: 3 });
    expect(checkGrowth(pin, growth(before))).toEqual({ is: 'grown', size: 3, from: 3 });
  });

  it.each<[string, Uint8Array[]]>([
    ['a record was changed', leavesOf('a', 'X', 'c', 'd', 'e')],
    ['a record was taken away', leavesOf('a', 'c', 'd', 'e')],
    ['the newest record was changed', leavesOf('a', 'b', 'X')],
  ])('was rewritten when %s, however well it is signed', (_what, leaves) => {
    expect(checkGrowth(pin, growth(leaves))).toEqual({ is: 'rewritten' });
  });

  it('asks a person when another key signs, and believes nothing that is not signed', () => {
    expect(checkGrowth(pin, growth(after, keyOf(9)))).toEqual({ is: 'another_key', size: 5 });
    // Whoever can rewrite a log can make a key.
    expect(checkGrowth(pin, growth(leavesOf('a', 'X', 'c', 'd'), keyOf(9)))).toEqual({ is: 'rewritten' });
    const forged = { ...growth(after), checkpoint: noteOf(after, keyOf(9)) };
    expect(checkGrowth(pin, forged)).toEqual({ is: 'damaged' });
    expect(checkGrowth(pin, { ...growth(after), proof: ['%%'] })).toEqual({ is: 'rewritten' });
    // A good signature of the key, on the head of another log.
    const text = formatCheckpoint({ origin: 'another.example', size: after.length, root: treeHead(after) });
    const note = formatNote(text, ours.key, ed25519.sign(new TextEncoder().encode(text), ours.secret));
    expect(checkGrowth(pin, { ...growth(after), checkpoint: note })).toEqual({ is: 'damaged' });
  });

  it('goes on under a key that the one before vouches for, over however many', () => {
    const [first, second, third] = [ours, keyOf(8), keyOf(9)];
    const nameOf = ({ key }: typeof ours) => formatVerifierKey(key);
    const succession = (from: typeof ours, to: typeof ours, signer = from) => ({
      previous: nameOf(from),
      key: nameOf(to),
      endorsement: toBase64(
        ed25519.sign(new TextEncoder().encode(keyEndorsement(nameOf(from), nameOf(to))), signer.secret),
      ),
    });
    const under = (successions: ReturnType<typeof succession>[]) =>
      checkGrowth(pin, { ...growth(after, third), successions }).is;
    expect(under([succession(first, third)])).toBe('succeeded');
    expect(under([succession(second, third), succession(first, second)])).toBe('succeeded');
    expect(under([succession(first, second)])).toBe('another_key');
    expect(under([succession(second, third)])).toBe('another_key');
    // The new key vouches for itself, and the old one was lost.
    expect(under([succession(first, third, third)])).toBe('another_key');
    const lost = { ...succession(first, third), endorsement: null };
    expect(checkGrowth(pin, { ...growth(after, third), successions: [lost] }).is).toBe('another_key');
  });

  it('had a root when it was smaller, and no other', () => {
    const root = hex(treeHead(before));
    expect(hasRoot(3, root, growth(after))).toBe(true);
    expect(hasRoot(3, root, { ...growth(before), proof: [] })).toBe(true);
    expect(hasRoot(3, hex(treeHead(leavesOf('a', 'X', 'c'))), growth(after))).toBe(false);
    expect(hasRoot(2, root, growth(after))).toBe(false);
    expect(hasRoot(3, root, { ...growth(after), checkpoint: noteOf(after, keyOf(9)) })).toBe(false);
    for (const no of ['', 'a dice roll', `${root}00`, root.toUpperCase()])
      expect(hasRoot(3, no, growth(after))).toBe(false);
  });

  it('ties a proof to it, whichever of the two is larger', () => {
    const seen = (leaves: Uint8Array[]) => ({ note: noteOf(leaves), verifierKey: formatVerifierKey(ours.key) });
    expect(isOneLog(pin, seen(after), growth(after))).toBe(true);
    expect(isOneLog({ ...pin, note: noteOf(after) }, seen(before), growth(after))).toBe(true);
    expect(isOneLog(pin, seen(before), { proof: [] })).toBe(true);
    expect(isOneLog(pin, seen(leavesOf('a', 'X', 'c')), { proof: [] })).toBe(false);
    const other = leavesOf('a', 'X', 'c', 'd', 'e');
    expect(isOneLog(pin, seen(other), growth(other))).toBe(false);
    expect(isOneLog(pin, { note: 'x', verifierKey: 'y' }, growth(after))).toBe(false);
  });
});
