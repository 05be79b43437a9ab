/** Proof files: C2SP tlog-proof, an inclusion proof with its checkpoint in one text that anybody's tools can check. */
import { leafHash, verifyInclusion, type Hash } from './merkle.ts';
import { fromBase64, toBase64, verifyCheckpoint, type Checkpoint, type VerifierKey } from './note.ts';

export interface LogProof {
  readonly index: number;
  /** Audit path, nearest sibling first. */
  readonly path: readonly Hash[];
  /** Signed note. */
  readonly checkpoint: string;
}

const firstLine = 'c2sp.org/tlog-proof@v1';
/** A tree of 2^53 records has no longer path. */
const longestPath = 63;

export const formatProof = ({ index, path, checkpoint }: LogProof): string =>
  `${firstLine}\nindex ${index}\n${path.map((hash) => `${toBase64(hash)}\n`).join('')}\n${checkpoint}`;

/** Null unless the text is a proof to the letter. Extra data may be there and is passed over: nothing vouches for it. */
export function parseProof(text: string): LogProof | null {
  const end = text.indexOf('\n\n');
  if (end < 0) return null;
  const [first, ...lines] = text.slice(0, end).split('\n');
  if (first !== firstLine) return null;
  if (lines[0]?.startsWith('extra ') && fromBase64(lines[0].slice('extra '.length)) !== null) lines.shift();
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '')?.[1];
  const path = lines.map(fromBase64);
  if (index === undefined || !Number.isSafeInteger(Number(index)) || path.length > longestPath) return null;
  if (!path.every((hash) => hash?.length === 32)) return null;
  return { index: Number(index), path: path as Hash[], checkpoint: text.slice(end + 2) };
}

/** The checkpoint under which `entry` is proven to be at the proof's index; null when anything does not hold. */
export function verifyProof(proof: LogProof, entry: Uint8Array, key: VerifierKey): Checkpoint | null {
  const head = verifyCheckpoint(proof.checkpoint, key);
  if (head === null) return null;
  const { index, path } = proof;
  const claim = { index, size: head.size, leafHash: leafHash(entry), proof: path, root: head.root };
  return verifyInclusion(claim) ? head : null;
}
