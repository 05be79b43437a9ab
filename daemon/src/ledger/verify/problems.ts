/** What verification may find wrong, each with the place in the log where it was found. */

export type ProblemKind =
  /** The bytes of a record are not those that its leaf was hashed from. */
  | 'changed'
  /** A record holds the bytes of another. */
  | 'swapped'
  /** A leaf or a record is not there, and no retention record says why. */
  | 'missing'
  /** A row that the log never appended. */
  | 'slipped_in'
  /** The leaf names another event than the bytes. */
  | 'wrong_event'
  /** The bytes aside are not those that the entry commits to. */
  | 'wrong_body'
  /** A human decision without its signature, or with one that no key of the log made. */
  | 'bad_signature'
  /** A checkpoint that no key of the log signed, or that is none. */
  | 'bad_checkpoint'
  /** The tree of the records is not the one that a checkpoint was signed for. */
  | 'wrong_root'
  /** The log is shorter than it has been. */
  | 'rolled_back'
  /** A record is stored with other words of its decision than that decision has. */
  | 'wrong_about'
  /** There is no checkpoint at all that says what the log is. */
  | 'not_covered'
  /** No checkpoint carries the signatures of the witnesses that were asked for. */
  | 'not_witnessed'
  /** A stored hash of the tree is not what the records hash to. */
  | 'wrong_hash'
  /** The log changed its key, and the key before did not vouch for the new one. */
  | 'bad_key';

export interface Problem {
  readonly kind: ProblemKind;
  /** Of the record, or of the first that may be concerned; null when it concerns the log as a whole. */
  readonly index: number | null;
  readonly message: string;
}

/** A damaged log may have millions; the first ones say what there is to say. */
const kept = 1_000;

export class Problems {
  readonly first: Problem[] = [];
  total = 0;

  add(kind: ProblemKind, index: number | null, message: string): void {
    this.total += 1;
    if (this.first.length < kept) this.first.push({ kind, index, message });
  }
}
