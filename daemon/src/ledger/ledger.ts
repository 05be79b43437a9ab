/**
 * The one way into the log. `write` runs a piece of work and the appends that belong to it in one transaction, one after
 * another, so that indexes have no gap and what a record causes is committed with it. Listeners hear of the records in
 * order, after the commit.
 */
import type { PoolClient } from 'pg';
import { inTransaction, type Pool } from '../database/index.ts';
import { planAppend, type Appended, type Head, type Known } from './append.ts';
import type { Entry } from './entry.ts';
import type { SigningKey } from './key.ts';
import { nextPartitionSize } from './partitions.ts';
import { aboutItself, answerOf, decisionItIsAbout, type AboutDecision, type LedgerRecord } from './record.ts';
import * as store from './store.ts';

export interface LedgerTransaction {
  /** For what has to be committed together with the records. */
  readonly client: PoolClient;
  /** One answer an entry, in order. */
  readonly append: (entries: readonly Entry[]) => Promise<readonly Appended[]>;
}

/** The log in the database is not the one that this daemon has written, or that its key has signed. */
export class RewrittenError extends Error {
  override readonly name = 'RewrittenError';
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
  /** Another daemon writes here now, or somebody else has. */
  readonly onFenced: (error: FencedError | RewrittenError) => void;
}

const readAtOnce = 1_000;

/** Where the log stands: its head, and how far its partitions reach. */
interface Position {
  readonly head: Head;
  readonly partitionsEnd: number;
}

export class Ledger {
  private queue: Promise<unknown> = Promise.resolve();
  private readonly listeners: ((records: readonly LedgerRecord[]) => void)[] = [];
  private readonly options: LedgerOptions;
  private readonly epoch: number;
  /** As of our last commit; null when it has to be read, at first and after a failure. */
  private position: Position | null = null;

  /** Listeners have heard of the records before this index. */
  private told: number;
  /** The log as it was taken over, or as our last commit has left it. */
  private committed: Head;
  /** What a commit has left behind whose answer we have not heard, if it was one. */
  private attempted: Head | null = null;

  private constructor(options: LedgerOptions, epoch: number, head: Head) {
    this.options = options;
    this.epoch = epoch;
    this.committed = head;
    this.told = head.size;
  }

  /** The head of the log that this daemon answers for. */
  get head(): Head {
    return this.committed;
  }

  /** By what others can tell whether this daemon still owns the log. */
  get fence(): { readonly logId: string; readonly epoch: number } {
    return { logId: this.options.logId, epoch: this.epoch };
  }

  /** Takes the log over: any other daemon that writes to it is fenced out from here on. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const epoch = await store.takeOver(options.pool, options.logId);
    const head = await store.readHead(options.pool, options.logId);
    if (head === null) throw new Error(`log ${options.logId} does not exist any more`);
    return new Ledger(options, epoch, head);
  }

  /** Calls `listener` with the records that are committed from here on, in log order, each once. */
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
    // Known again when the commit is: its answer may be lost on the way.
    let position = this.position;
    this.position = null;
    const result = await inTransaction(pool, async (client) => {
      const done = await work({
        client,
        append: async (entries) => {
          if (position === null) {
            position = await this.readPosition(client);
            // What a lost commit has left is now known; the next one may be lost as well.
            this.committed = position.head;
          }
          const added = await this.append(client, position, entries);
          position = added.position;
          this.attempted = position.head;
          for (const answer of added.answers) if (answer.is === 'appended') committed.push(answer.record);
          return added.answers;
        },
      });
      // Whoever has lost the log may change nothing that belongs to it, appended or not.
      if (committed.length === 0) position = await this.readPosition(client);
      return done;
    });
    this.position = position;
    if (position !== null) this.committed = position.head;
    this.attempted = null;
    if (committed.length > 0) onAppend(committed.length, (now().getTime() - started) / 1000);
    if (position !== null) await this.tellUpTo(position.head.size - committed.length);
    this.tell(committed);
    return result;
  }

  /** Tells of what was committed though we heard of no commit: its answer was lost on the way. */
  private async tellUpTo(end: number): Promise<void> {
    while (this.told < end) {
      const { pool, logId } = this.options;
      const missed = await store.readFrom(pool, logId, this.told, Math.min(end - this.told, readAtOnce));
      if (missed.length === 0) throw new Error(`record ${this.told} of log ${logId} is gone`);
      this.tell(missed);
    }
  }

  private tell(committed: readonly LedgerRecord[]): void {
    if (committed.length === 0) return;
    this.told = (committed.at(-1)?.index ?? 0) + 1;
    for (const listener of this.listeners) {
      try {
        listener(committed);
      } catch (error) {
        // It is durable: whatever a listener makes of it, the write has not failed.
        this.options.onListenerError(error);
      }
    }
  }

  /** Appends as if no event were in the log yet, which is so but for redeliveries; looks them up when that fails. */
  private async append(
    client: PoolClient,
    position: Position,
    entries: readonly Entry[],
  ): Promise<{ answers: readonly Appended[]; position: Position }> {
    const about = await this.decisionsAbout(client, entries);
    const answered = await this.answeredBefore(client, entries);
    const added = (leaves: Known['leaves'], from: Position) =>
      this.insert(client, from, entries, { leaves, about, answered });
    await store.savepoint(client);
    try {
      return await added(new Map(), position);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      await store.rollBackToSavepoint(client);
    }
    const ids = entries.map(({ event }) => event.id);
    // Read anew: the violation may as well come from a writer that we have not heard of.
    const present = await this.readPosition(client);
    return added(await store.knownEvents(client, this.options.logId, ids), present);
  }

  private async insert(client: PoolClient, { head, partitionsEnd }: Position, entries: readonly Entry[], known: Known) {
    const { logId, key, now } = this.options;
    const plan = planAppend({ logId, key, recordedAt: now() }, head, entries, known);
    if (plan.records.length === 0) return { answers: plan.answers, position: { head, partitionsEnd } };
    // First, because it holds the log for us until the end of the transaction.
    if (!(await store.moveHead(client, logId, { epoch: this.epoch, size: head.size }, plan.head))) {
      const { head: present } = await this.readPosition(client);
      throw new Error(
        `log ${logId} has ${present.size} records, this daemon knows of ${head.size}; it reads them again`,
      );
    }
    let end = partitionsEnd;
    while (end < plan.head.size) {
      const last = await store.lastPartition(client, logId);
      const size = nextPartitionSize(last, now());
      await store.addPartition(client, logId, size, now());
      end = (last?.end ?? 0) + size;
    }
    await store.insertRecords(client, plan.records);
    await store.insertSubtrees(client, logId, plan.subtrees);
    return { answers: plan.answers, position: { head: plan.head, partitionsEnd: end } };
  }

  /** Reads where the log stands, and holds it there. Throws FencedError when it is not ours any more. */
  private async readPosition(client: PoolClient): Promise<Position> {
    const { logId, onFenced } = this.options;
    const head = await store.readHead(client, logId, true);
    if (head === null) throw new Error(`log ${logId} does not exist any more`);
    if (head.epoch !== this.epoch) {
      const fenced = new FencedError(
        `log ${logId} was taken over by another daemon (epoch ${head.epoch}, ours is ${this.epoch}). ` +
          'Stop one of the two, or give each its own COUNTERSIGN_LOG_ID.',
      );
      onFenced(fenced);
      throw fenced;
    }
    // What we have committed, or what a commit may have left whose answer was lost; nobody else writes in our epoch.
    if (![this.committed, this.attempted].some((ours) => ours !== null && isSameHead(ours, head))) {
      const rewritten = new RewrittenError(
        `log ${logId} has ${head.size} records that this daemon did not write: it left the log at ${this.committed.size}. ` +
          'Somebody has changed the database. Find out what with `countersign verify`.',
      );
      onFenced(rewritten);
      throw rewritten;
    }
    return { head, partitionsEnd: (await store.lastPartition(client, logId))?.end ?? 0 };
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
    for (const [id, about] of await store.aiDecisions(client, this.options.logId, wanted)) found.set(id, about);
    return found;
  }

  /** Of the AI decisions that events of this batch answer, those that were answered before, and by whom. */
  private async answeredBefore(client: PoolClient, entries: readonly Entry[]): Promise<Set<string>> {
    const wanted = entries.flatMap(({ event }) => answerOf(event)?.decisionId ?? []);
    return wanted.length === 0 ? new Set() : store.answeredDecisions(client, this.options.logId, wanted);
  }
}

const isSameHead = (a: Head, b: Head) => a.size === b.size && a.frontier.equals(b.frontier);

const isUniqueViolation = (error: unknown) => (error as { code?: unknown }).code === '23505';
