/**
 * Exports that verify on their own: each names the checkpoint it stands under, and every record comes with its proof, or, in
 * an export of everything, the whole tree can be computed from it. What it ends with shows whether it is all there.
 */
import { createHash, type Hash as Hasher } from 'node:crypto';
import type { AuditRecord } from '@countersign/contract';
import { formatProof } from '@countersign/contract/proof';
import { toBase64 } from '@countersign/contract/note';
import type { LedgerReader } from '../reader.ts';
import type { LedgerRecord } from '../record.ts';
import type { SearchIndex } from '../search/search.ts';
import type { AuditFilter } from '../search/terms.ts';
import type { SignedCheckpoint } from '../checkpoints/store.ts';
import { csvColumns, csvLine, csvRow } from './csv.ts';

export interface ExportManifest {
  readonly countersign: 'export';
  readonly version: 1;
  readonly exported_at: string;
  readonly origin: string;
  /** Signed note; all records are under it. */
  readonly checkpoint: string;
  /** The records that begin the log's keys, in order, each with its audit path: also those that retention has dropped. */
  readonly keys: readonly { readonly log_index: number; readonly entry: string; readonly proof: readonly string[] }[];
  readonly filter: AuditFilter;
  /** Every record of the checkpoint is in it: nothing was left out. */
  readonly complete: boolean;
}

export interface ExportEnd {
  readonly records: number;
  /** Of all bytes before this line, in hex. */
  readonly sha256: string;
}

/** One line of the export as JSON Lines, between the manifest and the end. */
export interface ExportLine {
  readonly type: string;
  readonly record: AuditRecord;
  readonly entry: string;
  readonly body?: string;
  /** Audit path, base64, nearest sibling first; not in a complete export. */
  readonly proof?: readonly string[];
}

/** In a complete export, a record that retention has dropped. */
export interface DroppedLine {
  readonly dropped: { readonly log_index: number; readonly leaf_hash: string };
}

export interface ExportRequest {
  readonly filter: AuditFilter;
  readonly format: 'jsonl' | 'csv';
  readonly now: Date;
}

const pageSize = 500;

/** Some lines at a time; null while no checkpoint covers anything. Newest first, but everything oldest first. */
export async function exportRecords(
  log: LedgerReader,
  search: SearchIndex,
  request: ExportRequest,
): Promise<AsyncGenerator<string> | null> {
  const checkpoint = await log.newestCheckpoint();
  if (checkpoint === null) return null;
  return request.format === 'csv'
    ? asCsv(log, search, checkpoint, request)
    : asJsonLines(log, search, checkpoint, request);
}

async function manifestOf(
  log: LedgerReader,
  { note, size }: SignedCheckpoint,
  { filter, now, format }: ExportRequest,
): Promise<ExportManifest> {
  const begun = (await log.keyRecords()).filter(({ index }) => index < size);
  const keys = await Promise.all(
    begun.map(async ({ index, entry }) => ({
      log_index: index,
      entry: entry.toString('base64'),
      proof: (await log.pathOf(index, size)).map(toBase64),
    })),
  );
  return {
    countersign: 'export',
    version: 1,
    exported_at: now.toISOString(),
    origin: note.slice(0, note.indexOf('\n')),
    checkpoint: note,
    keys,
    filter,
    complete: format === 'jsonl' && Object.values(filter).every((value) => value === undefined),
  };
}

async function* asJsonLines(
  log: LedgerReader,
  search: SearchIndex,
  checkpoint: SignedCheckpoint,
  request: ExportRequest,
) {
  const manifest = await manifestOf(log, checkpoint, request);
  const counted = new Counted();
  yield counted.add(`${JSON.stringify(manifest)}\n`, 0);
  if (manifest.complete) {
    for await (const lines of everything(log, checkpoint.size)) {
      yield counted.add(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), lines.length);
    }
  } else {
    for await (const records of found(search, request.filter, checkpoint.size)) {
      const lines = await Promise.all(
        records.map(async (record): Promise<ExportLine> => {
          const path = await log.pathOf(record.index, checkpoint.size);
          return { ...lineOf(log, record), proof: path.map(toBase64) };
        }),
      );
      yield counted.add(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), lines.length);
    }
  }
  yield `${JSON.stringify(counted.end)}\n`;
}

async function* asCsv(log: LedgerReader, search: SearchIndex, checkpoint: SignedCheckpoint, request: ExportRequest) {
  const counted = new Counted();
  yield counted.add(csvLine(csvColumns), 0);
  for await (const records of found(search, request.filter, checkpoint.size)) {
    const rows = await Promise.all(
      records.map(async (record) => {
        const path = await log.pathOf(record.index, checkpoint.size);
        const proof = formatProof({ index: record.index, path, checkpoint: checkpoint.note });
        return csvLine(csvRow(log.auditRecord(record), record.event.type, record.entry, record.body, proof));
      }),
    );
    yield counted.add(rows.join(''), rows.length);
  }
  // For whoever reads the table it is a comment.
  yield `# ${JSON.stringify({ ...(await manifestOf(log, checkpoint, request)), ...counted.end })}\n`;
}

/** Counts and hashes what goes out. */
class Counted {
  private readonly hasher: Hasher = createHash('sha256');
  private records = 0;

  add(text: string, records: number): string {
    this.hasher.update(text);
    this.records += records;
    return text;
  }

  get end(): ExportEnd {
    return { records: this.records, sha256: this.hasher.copy().digest('hex') };
  }
}

async function* found(search: SearchIndex, filter: AuditFilter, size: number): AsyncGenerator<readonly LedgerRecord[]> {
  let before: number | null = size;
  while (before !== null) {
    const page: Awaited<ReturnType<SearchIndex['search']>> = await search.search(filter, before, pageSize);
    yield page.records;
    before = page.next;
  }
}

async function* everything(log: LedgerReader, size: number): AsyncGenerator<(ExportLine | DroppedLine)[]> {
  for (let at = 0; at < size; at += pageSize) {
    const end = Math.min(at + pageSize, size);
    const records = new Map((await log.readFrom(at, end - at)).map((record) => [record.index, record]));
    // Where retention has dropped the record, even a moment ago, there is still its leaf.
    const leaves = await log.readLeaves(at, end - at);
    yield leaves.map((leaf, i): ExportLine | DroppedLine => {
      const record = records.get(at + i);
      if (record !== undefined) return lineOf(log, record);
      return { dropped: { log_index: at + i, leaf_hash: leaf.toString('hex') } };
    });
  }
}

const lineOf = (log: LedgerReader, record: LedgerRecord): ExportLine => ({
  type: record.event.type,
  record: log.auditRecord(record),
  entry: record.entry.toString('base64'),
  ...(record.body === null ? {} : { body: record.body.toString('base64') }),
});
