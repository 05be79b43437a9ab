/** What can be read from a log by anyone who may: records, search, proofs. Needs no key and takes nothing over. */
import type { LogProof } from '@countersign/contract/proof';
import { tileWidth, type Tile } from '@countersign/contract/tiles';
import { formatVerifierKey, toBase64 } from '@countersign/contract/note';
import type { AuditPage, AuditProof, AuditRecord, KeyStep, KeySuccession, LogGrowth } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';
import { auditRecord, type LedgerRecord } from './record.ts';
import { newestPublished, signedByWitnesses, type SignedCheckpoint } from './checkpoints/store.ts';
import { keysById, type KeysById } from './key-history.ts';
import type { Found } from './search/search.ts';
import * as store from './store.ts';
import { readTile } from './tiles.ts';
import { cachedHashes, consistencyProofFrom, inclusionProofFrom, rootFrom, type ReadHashes } from './tree.ts';

/** 8 kB each. */
const cachedTiles = 1_024;

export class LedgerReader {
  readonly logId: string;
  private readonly db: Queryable;
  private readonly keys: KeysById;
  private readonly hashes: ReadHashes;

  private constructor(db: Queryable, logId: string, keys: KeysById) {
    this.db = db;
    this.logId = logId;
    this.keys = keys;
    this.hashes = cachedHashes(store.readHashes(db, logId), cachedTiles);
  }

  /** Open it when the log's key is on record. */
  static async open(db: Queryable, logId: string): Promise<LedgerReader> {
    return new LedgerReader(db, logId, await keysById(db, logId));
  }

  /** Of the key in use, in C2SP's form. */
  get verifierKey(): string {
    const last = [...this.keys.values()].at(-1);
    return last === undefined ? '' : formatVerifierKey(last);
  }

  async size(): Promise<number> {
    return (await store.readHead(this.db, this.logId))?.size ?? 0;
  }

  /** The newest that was published, with the signatures of its witnesses; null before the first. */
  newestCheckpoint(): Promise<SignedCheckpoint | null> {
    return newestPublished(this.db, this.logId);
  }

  /** By verifier key of a witness, the size of the newest checkpoint that it has signed. */
  signedByWitnesses(witnesses: readonly string[]): Promise<Map<string, number>> {
    return signedByWitnesses(this.db, this.logId, witnesses);
  }

  /** Records before this index were dropped by retention. */
  firstKept(): Promise<number> {
    return store.firstKept(this.db, this.logId);
  }

  /** Records from `index` on, oldest first, at most `limit`. */
  readFrom(index: number, limit: number): Promise<LedgerRecord[]> {
    return store.readFrom(this.db, this.logId, index, limit);
  }

  async readEvent(eventId: string): Promise<LedgerRecord | null> {
    const index = await store.indexOfEvent(this.db, this.logId, eventId);
    if (index === null) return null;
    return (await store.readRecords(this.db, this.logId, [index]))[0] ?? null;
  }

  /** Those of some records that are kept. */
  readAt(indexes: readonly number[]): Promise<LedgerRecord[]> {
    return store.readRecords(this.db, this.logId, indexes);
  }

  /** What search found, as people see it. */
  page({ records, next }: Found): Omit<AuditPage, 'people'> {
    return { records: records.map((record) => this.auditRecord(record)), next };
  }

  /** The bytes of a record that were too many for its entry. */
  async readBody(index: number): Promise<Buffer | null> {
    return (await store.readRecords(this.db, this.logId, [index]))[0]?.body ?? null;
  }

  /** Null for a tile that the newest published checkpoint does not have. */
  async readTile(tile: Tile): Promise<Buffer | null> {
    const published = (await this.newestCheckpoint())?.size ?? 0;
    const leaves = tile.level === 'entries' ? 1 : tileWidth ** tile.level;
    if ((tile.index * tileWidth + tile.width) * leaves > published) return null;
    return readTile(this.db, this.logId, tile);
  }

  /** The inclusion proof of an event under the newest checkpoint; null when there is no such event. */
  async proveEvent(
    eventId: string,
  ): Promise<({ readonly is: 'proof'; readonly size: number } & LogProof) | { readonly is: 'not_covered' } | null> {
    const index = await store.indexOfEvent(this.db, this.logId, eventId);
    if (index === null) return null;
    const checkpoint = await this.newestCheckpoint();
    if (checkpoint === null || index >= checkpoint.size) return { is: 'not_covered' };
    const { size, note } = checkpoint;
    return { is: 'proof', index, path: await this.pathOf(index, size), size, checkpoint: note };
  }

  /** The root of the tree of the first `size` records; `size` is at least 1, and at most as many as there are. */
  rootOf(size: number): Promise<Buffer> {
    return rootFrom(this.hashes, size);
  }

  /** The audit path of a record in the tree of the first `size`. */
  pathOf(index: number, size: number): Promise<Buffer[]> {
    return inclusionProofFrom(this.hashes, index, size);
  }

  /** Leaves from `index` on, at most `limit`. */
  readLeaves(index: number, limit: number): Promise<Buffer[]> {
    return store.readHashes(this.db, this.logId)(0, index, limit);
  }

  /** As people see it. */
  auditRecord(record: LedgerRecord): AuditRecord {
    return auditRecord(record, this.keys);
  }

  /** The records that begin the log's keys, in order; also those that retention has dropped. */
  keyRecords(): Promise<{ index: number; entry: Buffer }[]> {
    return store.readKeyEntries(this.db, this.logId);
  }

  /**
   * The proof that the first `from` records are still there as they were among the first `to`, by default among all that the
   * newest checkpoint covers; null when it covers fewer.
   */
  async growth(from: number, to?: number): Promise<LogGrowth | null> {
    const checkpoint = await this.newestCheckpoint();
    if (checkpoint === null) return null;
    const size = to ?? checkpoint.size;
    if (from > size || size > checkpoint.size) return null;
    const proof = from === 0 ? [] : await consistencyProofFrom(this.hashes, from, size);
    return {
      from,
      to: size,
      checkpoint: checkpoint.note,
      proof: proof.map(toBase64),
      verifier_key: this.verifierKey,
      successions: await this.successions(),
    };
  }

  private async successions(): Promise<KeySuccession[]> {
    const steps = (await this.keyRecords()).map(({ entry }) => keyStep(entry));
    return steps.flatMap(({ previous, key, endorsement }) => (previous === null ? [] : { previous, key, endorsement }));
  }

  /** The record with its inclusion proof; null when there is no such event, or retention has dropped its record. */
  async prove(eventId: string): Promise<AuditProof | null> {
    const record = await this.readEvent(eventId);
    const proof = await this.proveEvent(eventId);
    if (record === null || proof === null) return null;
    return {
      record: this.auditRecord(record),
      type: record.event.type,
      entry: record.entry.toString('base64'),
      body: record.body?.toString('base64') ?? null,
      proof: proof.is === 'proof' ? proof.path.map(toBase64) : null,
      checkpoint: proof.is === 'proof' ? proof.checkpoint : null,
      verifier_key: this.verifierKey,
      signer: proof.is === 'proof' ? await this.signerOf(record, proof.size) : null,
    };
  }

  /** Where the key of a record's own signature begins, proven in the tree of the first `size`; null for the key in use. */
  private async signerOf({ signature }: LedgerRecord, size: number): Promise<AuditProof['signer']> {
    const id = signature?.subarray(0, 4).toString('hex');
    const key = id === undefined ? undefined : this.keys.get(id);
    if (key === undefined || formatVerifierKey(key) === this.verifierKey) return null;
    const begun = (await this.keyRecords()).find(({ entry }) => keyStep(entry).key === formatVerifierKey(key));
    if (begun === undefined || begun.index >= size) return null;
    const path = await this.pathOf(begun.index, size);
    return { log_index: begun.index, entry: begun.entry.toString('base64'), proof: path.map(toBase64) };
  }
}

/** Validated when it was appended. */
const keyStep = (entry: Buffer): KeyStep => (JSON.parse(entry.toString('utf8')) as { data: KeyStep }).data;
