/**
 * The one way into the log. `write` runs a piece of work and the appends that belong to it in one transaction, one after
 * another, so that indexes have no gap and what a record causes is committed with it. Listeners hear of the records in
 * order, after the commit.
 */
import type { PoolClient } from 'pg';
import { formatCheckpoint, formatNote, formatVerifierKey } from '@countersign/contract/note';
import { eventTypes, type AuditPage, type AuditProof, type CountersignEvent } from '@countersign/contract';
import { inTransaction, type Pool } from '../database/index.ts';
import type { SigningKey } from './key.ts';
import {
  aboutItself,
  actionOf,
  actorOf,
  auditRecord,
  decisionItIsAbout,
  isAnswer,
  type AboutDecision,
  type LedgerRecord,
} from './record.ts';
import * as store from './store.ts';
import { GrowingTree, inclusionProofFrom, leafHash, type Subtree } from './tree.ts';

/** A validated event and the exact bytes it was read from. */
export interface Entry {
  readonly event: CountersignEvent;
  readonly bytes: Buffer;
}

export type Appended =
  | { readonly is: 'appended'; readonly record: LedgerRecord }
  /** The same bytes are in the log already; nothing was written. */
  | { readonly is: 'known' }
  /** Other bytes are in the log under this event id; nothing was written. */
  | { readonly is: 'conflict' };

export interface LedgerTransaction {
  /** For what has to be committed together with the records. */
  readonly client: PoolClient;
  /** One answer an entry, in order. */
  readonly append: (entries: readonly Entry[]) => Promise<Appended[]>;
}

/** Another daemon has taken the log over; this one must stop writing. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

export interface LedgerOptions {
  readonly pool: Pool;
  readonly logId: string;
  readonly key: SigningKey;
  readonly now: () => Date;
  readonly onAppend: (records: number, seconds: number) => void;
  readonly onListenerError: (error: unknown) => void;
  /** Another daemon writes here now. */
  readonly onFenced: (error: FencedError) => void;
}

export class Ledger {
  readonly logId: string;
  /** In C2SP's form. */
  readonly verifierKey: string;
  private queue: Promise<unknown> = Promise.resolve();
  private readonly listeners: ((records: readonly LedgerRecord[]) => void)[] = [];
  private readonly options: LedgerOptions;
  private readonly epoch: number;

  private constructor(options: LedgerOptions, epoch: number) {
    this.options = options;
    this.epoch = epoch;
    this.logId = options.logId;
    this.verifierKey = formatVerifierKey(options.key.verifier);
  }

  /** Takes the log over: any other daemon that writes to it is fenced out from here on. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    return new Ledger(options, await store.takeOver(options.pool, options.logId));
  }

  /** Calls `listener` with the records of each commit, in log order, each record once in this process. */
  onCommitted(listener: (records: readonly LedgerRecord[]) => void): void {
    this.listeners.push(listener);
  }

  /**
   * Runs `work` and commits what it appended and wrote. Nothing is kept when it throws.
   * Throws FencedError when another daemon has taken the log over.
   */
  write<T>(work: (tx: LedgerTransaction) => Promise<T>): Promise<T> {
    const turn = this.queue.then(() => this.commit(work));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async commit<T>(work: (tx: LedgerTransaction) => Promise<T>): Promise<T> {
    const { pool, now, onAppend } = this.options;
    const committed: LedgerRecord[] = [];
    const started = now().getTime();
    const result = await inTransaction(pool, (client) =>
      work({
        client,
        append: async (entries) => {
          const answers = await this.append(client, entries);
          for (const answer of answers) if (answer.is === 'appended') committed.push(answer.record);
          return answers;
        },
      }),
    );
    if (committed.length > 0) {
      onAppend(committed.length, (now().getTime() - started) / 1000);
      for (const listener of this.listeners) {
        try {
          listener(committed);
        } catch (error) {
          // It is durable: whatever a listener makes of it, the write has not failed.
          this.options.onListenerError(error);
        }
      }
    }
    return result;
  }

  private async append(client: PoolClient, entries: readonly Entry[]): Promise<Appended[]> {
    const { logId, key, now } = this.options;
    const head = await store.readHead(client, logId, true);
    if (head.epoch !== this.epoch) {
      const fenced = new FencedError(
        `log ${logId} was taken over by another daemon (epoch ${head.epoch}, ours is ${this.epoch}). ` +
          'Stop one of the two, or give each its own COUNTERSIGN_LOG_ID.',
      );
      this.options.onFenced(fenced);
      throw fenced;
    }
    const known = await store.knownEvents(
      client,
      logId,
      entries.map(({ event }) => event.id),
    );
    const about = await this.decisionsAbout(client, entries);
    const answered = await this.answeredBefore(client, entries);
    const tree = new GrowingTree(head.size, head.frontier);
    const subtrees: Subtree[] = [];
    const records: LedgerRecord[] = [];

    const answers = entries.map(({ event, bytes }): Appended => {
      const leaf = leafHash(bytes);
      const there = known.get(event.id);
      if (there !== undefined) return { is: there.equals(leaf) ? 'known' : 'conflict' };
      known.set(event.id, leaf);
      const record: LedgerRecord = {
        logId,
        index: tree.size,
        event,
        recordedAt: now().toISOString(),
        actor: actorOf(event),
        action: actionOf(event),
        about: aboutItself(event) ?? about.get(decisionItIsAbout(event) ?? '') ?? null,
        entry: bytes,
        leafHash: leaf,
        signature: event.type === eventTypes.humanDecision ? key.sign(bytes) : null,
        firstAnswer: isAnswer(event) && !answered.has(event.data.reviews),
      };
      if (isAnswer(event)) answered.add(event.data.reviews);
      subtrees.push(...tree.append(leaf));
      records.push(record);
      return { is: 'appended', record };
    });

    if (records.length > 0) {
      await store.insertRecords(client, records);
      await store.insertSubtrees(client, logId, subtrees);
      await store.writeHead(client, logId, tree.size, tree.frontier);
    }
    return answers;
  }

  /** The AI decisions that human decisions and outcomes of this batch are about, from the batch or from the log. */
  private async decisionsAbout(client: PoolClient, entries: readonly Entry[]): Promise<Map<string, AboutDecision>> {
    const wanted = [...new Set(entries.flatMap(({ event }) => decisionItIsAbout(event) ?? []))];
    const found = new Map<string, AboutDecision>();
    if (wanted.length === 0) return found;
    for (const { event } of entries) {
      const about = aboutItself(event);
      if (about !== null) found.set(about.decisionId, about);
    }
    for (const [id, about] of await store.aiDecisions(client, this.logId, wanted)) found.set(id, about);
    return found;
  }

  /** Of the AI decisions that people of this batch decide on, those that somebody decided on before. */
  private async answeredBefore(client: PoolClient, entries: readonly Entry[]): Promise<Set<string>> {
    const wanted = entries.flatMap(({ event }) => (isAnswer(event) ? [event.data.reviews] : []));
    return wanted.length === 0 ? new Set() : store.answeredDecisions(client, this.logId, wanted);
  }

  async size(): Promise<number> {
    return (await store.readHead(this.options.pool, this.logId, false)).size;
  }

  /** Signs the present head, unless a checkpoint covers it. The newest checkpoint after that; null for an empty log. */
  async checkpoint(): Promise<store.SignedCheckpoint | null> {
    const { pool, key, now } = this.options;
    const newest = await store.newestCheckpoint(pool, this.logId);
    const head = await store.readHead(pool, this.logId, false);
    if (newest !== null && newest.size >= head.size) return newest;
    if (head.size === 0) return null;
    const root = new GrowingTree(head.size, head.frontier).root;
    const text = formatCheckpoint({ origin: key.verifier.name, size: head.size, root });
    const signed = {
      size: head.size,
      note: formatNote(text, key.verifier, key.sign(Buffer.from(text))),
      signedAt: now(),
    };
    const published = await store.insertCheckpoint(pool, this.logId, signed);
    return published ? signed : store.newestCheckpoint(pool, this.logId);
  }

  newestCheckpoint(): Promise<store.SignedCheckpoint | null> {
    return store.newestCheckpoint(this.options.pool, this.logId);
  }

  /** Records from `index` on, oldest first, at most `limit`. */
  readFrom(index: number, limit: number): Promise<LedgerRecord[]> {
    return store.readFrom(this.options.pool, this.logId, index, limit);
  }

  readEvent(eventId: string): Promise<LedgerRecord | null> {
    return store.readEvent(this.options.pool, this.logId, eventId);
  }

  /** Newest first; `next` is the place to go on from. */
  async search(filter: store.RecordFilter, limit: number): Promise<Omit<AuditPage, 'people'>> {
    const found = await store.searchRecords(this.options.pool, this.logId, filter, limit + 1);
    const page = found.slice(0, limit);
    return {
      records: page.map((record) => auditRecord(record, this.verifierKey)),
      next: found.length > limit ? (page.at(-1)?.index ?? null) : null,
    };
  }

  /** The record with its inclusion proof under the newest checkpoint; null when there is no such event. */
  async prove(eventId: string): Promise<AuditProof | null> {
    const record = await this.readEvent(eventId);
    if (record === null) return null;
    const checkpoint = await this.newestCheckpoint();
    const covered = checkpoint !== null && record.index < checkpoint.size;
    const proof = covered
      ? await inclusionProofFrom(store.readHashes(this.options.pool, this.logId), record.index, checkpoint.size)
      : null;
    return {
      record: auditRecord(record, this.verifierKey),
      type: record.event.type,
      entry: record.entry.toString('base64'),
      proof: proof?.map((hash) => hash.toString('base64')) ?? null,
      checkpoint: covered ? checkpoint.note : null,
      verifier_key: this.verifierKey,
    };
  }
}
