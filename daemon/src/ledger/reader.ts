/** What can be read from a log by anyone who may: records, search, proofs. Needs no key and takes nothing over. */
import { formatVerifierKey, type VerifierKey } from '@countersign/contract/note';
import type { AuditPage, AuditProof } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';
import { auditRecord, type LedgerRecord } from './record.ts';
import type { Found } from './search/search.ts';
import * as store from './store.ts';
import { inclusionProofFrom } from './tree.ts';

export class LedgerReader {
  readonly logId: string;
  /** In C2SP's form. */
  readonly verifierKey: string;
  private readonly db: Queryable;
  private readonly quorum: number;

  /** Checkpoints count as published with the signatures of `quorum` witnesses. */
  constructor(db: Queryable, logId: string, verifier: VerifierKey, quorum: number) {
    this.db = db;
    this.logId = logId;
    this.verifierKey = formatVerifierKey(verifier);
    this.quorum = quorum;
  }

  async size(): Promise<number> {
    return (await store.readHead(this.db, this.logId))?.size ?? 0;
  }

  /** Null while nothing is recorded. */
  newestCheckpoint(): Promise<store.SignedCheckpoint | null> {
    return store.newestCheckpoint(this.db, this.logId, this.quorum);
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

  /** What search found, as people see it. */
  page({ records, next }: Found): Omit<AuditPage, 'people'> {
    return { records: records.map((record) => auditRecord(record, this.verifierKey)), next };
  }

  /** The record with its inclusion proof under the newest checkpoint; null when there is no such event. */
  async prove(eventId: string): Promise<AuditProof | null> {
    const record = await this.readEvent(eventId);
    if (record === null) return null;
    const checkpoint = await this.newestCheckpoint();
    const covered = checkpoint !== null && record.index < checkpoint.size;
    const proof = covered
      ? await inclusionProofFrom(store.readHashes(this.db, this.logId), record.index, checkpoint.size)
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
