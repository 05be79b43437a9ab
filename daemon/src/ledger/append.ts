/** What a batch of events adds to the log, worked out before anything is written. Pure but for the signing. */
import { eventTypes } from '@countersign/contract';
import { actionOf, actorOf } from '@countersign/contract/audit-record';
import type { SigningKey } from './key.ts';
import type { Entry } from './entry.ts';
import {
  aboutItself,
  answerKey,
  answerOf,
  decisionItIsAbout,
  type AboutDecision,
  type LedgerRecord,
} from './record.ts';
import { GrowingTree, type Subtree } from './tree.ts';

export type Appended =
  | { readonly is: 'appended'; readonly record: LedgerRecord }
  /** The same bytes are in the log already; nothing was written. */
  | { readonly is: 'known' }
  /** Other bytes are in the log under this event id; nothing was written. */
  | { readonly is: 'conflict' };

export interface Head {
  readonly size: number;
  readonly frontier: Buffer;
}

/** What has to be known of the log to append to it. */
export interface Known {
  /** Leaf hashes of those of the events that are in the log. */
  readonly leaves: ReadonlyMap<string, Buffer>;
  /** The AI decisions that human decisions and outcomes of the batch are about, by their ids. */
  readonly about: ReadonlyMap<string, AboutDecision>;
  /** Those of them that were answered, and by whom: answer keys. */
  readonly answered: ReadonlySet<string>;
}

export interface Plan {
  /** One answer an entry, in order. */
  readonly answers: readonly Appended[];
  readonly records: readonly LedgerRecord[];
  readonly subtrees: readonly Subtree[];
  readonly head: Head;
}

export function planAppend(
  log: { readonly logId: string; readonly key: SigningKey; readonly recordedAt: Date },
  head: Head,
  entries: readonly Entry[],
  known: Known,
): Plan {
  const { logId } = log;
  const recordedAt = log.recordedAt.toISOString();
  const tree = new GrowingTree(head.size, head.frontier);
  const leaves = new Map(known.leaves);
  const answered = new Set(known.answered);
  const subtrees: Subtree[] = [];
  const records: LedgerRecord[] = [];
  const answers = entries.map(({ event, entry, body, leafHash, streamSequence }): Appended => {
    const there = leaves.get(event.id);
    if (there !== undefined) return { is: there.equals(leafHash) ? 'known' : 'conflict' };
    leaves.set(event.id, leafHash);
    const answer = answerOf(event);
    const key = answer === null ? null : answerKey(answer);
    const found = aboutItself(event) ?? known.about.get(decisionItIsAbout(event) ?? '') ?? null;
    // Whoever answers in another workflow answers another question.
    const about = found?.workflowId === event.data.workflow_id ? found : null;
    const isFirst = key !== null && (found === null || about !== null) && !answered.has(key);
    const record: LedgerRecord = {
      logId,
      index: tree.size,
      event,
      recordedAt,
      streamSequence,
      actor: actorOf(event),
      action: actionOf(event),
      about,
      entry,
      body,
      leafHash,
      signature: event.type === eventTypes.humanDecision ? signEntry(log.key, entry) : null,
      firstAnswer: isFirst,
    };
    if (isFirst) answered.add(key);
    subtrees.push(...tree.append(leafHash));
    records.push(record);
    return { is: 'appended', record };
  });
  return { answers, records, subtrees, head: { size: tree.size, frontier: tree.frontier } };
}

/** The key's 4 bytes, then the signature. */
const signEntry = (key: SigningKey, entry: Buffer) => Buffer.concat([key.verifier.id, key.sign(entry)]);
