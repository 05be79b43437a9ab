/** Which cases are treated in a special way: as if by chance, and the same whoever asks and whenever. Pure. */
import { createHash } from 'node:crypto';

/** Uniform on [0, 1), fixed by the case and by what it is drawn for. */
export function chanceOf(decisionId: string, drawnFor: 'commit first' | 'two people' | 'gold'): number {
  const digest = createHash('sha256').update(`${drawnFor} ${decisionId}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
