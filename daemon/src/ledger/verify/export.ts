/** Verifies an export by itself: nothing is asked of the log or its database. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { AuditRecord } from '@countersign/contract';
import { verifyInclusion, type Hash } from '@countersign/contract/merkle';
import {
  fromBase64,
  hex,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  type Checkpoint,
  type VerifierKey,
} from '@countersign/contract/note';
import { parseProof } from '@countersign/contract/proof';
import { CsvReader, csvColumns, csvLine, csvRow } from '../export/csv.ts';
import type { DroppedLine, ExportEnd, ExportLine, ExportManifest } from '../export/export.ts';
import type { KeysById } from '../key-history.ts';
import { auditRecord, readRecord, type LedgerRecord } from '../record.ts';
import { fits } from '../search/terms.ts';
import { leafHash } from '../tree.ts';
import { LogKeys, type KeyRecord } from './keys.ts';
import type { KnownCheckpoint } from './checkpoint-check.ts';
import { Verification, type Report } from './verification.ts';

export interface ExportVerification {
  readonly path: string;
  readonly keys: readonly VerifierKey[];
  readonly witnesses: readonly VerifierKey[];
  readonly checkpoints: readonly KnownCheckpoint[];
}

/** Throws when the file cannot be read or is no export. */
export function verifyExport(options: ExportVerification): Promise<Report> {
  return options.path.endsWith('.csv') ? verifyCsv(options) : verifyJsonLines(options);
}

const notAnExport = (path: string) => new Error(`${path} is no export of Countersign`);

async function verifyJsonLines({ path, keys, witnesses, checkpoints }: ExportVerification): Promise<Report> {
  const hasher = createHash('sha256');
  let checking: ExportCheck | null = null;
  let end: ExportEnd | null = null;
  let records = 0;
  for await (const line of linesOf(path)) {
    const value = parseJson(line);
    if (checking === null) {
      const manifest = value as ExportManifest | null;
      if (manifest?.countersign !== 'export' || manifest.version !== 1) throw notAnExport(path);
      checking = new ExportCheck(manifest, keys, witnesses, checkpoints);
    } else if (end !== null) {
      checking.problem('slipped_in', `there are lines after the end of the export`);
      break;
    } else if (isEnd(value)) {
      end = { ...value, sha256: value.sha256 === hasher.copy().digest('hex') ? value.sha256 : '' };
    } else {
      records += 1;
      const wait = checking.addLine(value as ExportLine | DroppedLine | null, records);
      if (wait !== undefined) await wait;
    }
    hasher.update(`${line}\n`);
  }
  if (checking === null) throw notAnExport(path);
  checking.checkEnd(end, records);
  return checking.finish();
}

async function verifyCsv({ path, keys, witnesses, checkpoints }: ExportVerification): Promise<Report> {
  // What the table says of itself is at its end, and has to be known first.
  let last = '';
  for await (const line of linesOf(path)) if (line.startsWith('# ')) last = line;
  const manifest = parseJson(last.slice(2)) as (ExportManifest & ExportEnd) | null;
  if (manifest?.countersign !== 'export')
    throw new Error(`${path} has lost its last line, which says what it is an export of`);
  const checking = new ExportCheck({ ...manifest, complete: false }, keys, witnesses, checkpoints);
  const hasher = createHash('sha256');
  const reader = new CsvReader();
  let rows = -1;
  let raw = '';
  for await (const line of linesOf(path)) {
    if (line === last) continue;
    hasher.update(`${line}\n`);
    raw += `${line}\n`;
    for (const fields of reader.read(`${line}\n`)) {
      rows += 1;
      // Others read a table in other ways where it is not written to the letter.
      if (raw !== csvLine(fields))
        checking.problem('changed', `row ${rows} of the table is not written as it was exported`);
      raw = '';
      if (rows > 0) checking.addRow(fields, rows);
      else if (!isDeepStrictEqual(fields, [...csvColumns])) throw notAnExport(path);
    }
  }
  checking.checkEnd({ ...manifest, sha256: manifest.sha256 === hasher.digest('hex') ? manifest.sha256 : '' }, rows);
  return checking.finish();
}

/** The records of an export, held against its checkpoint. */
class ExportCheck {
  private readonly manifest: ExportManifest;
  private readonly verification: Verification;
  private readonly checkpoint: Checkpoint;
  private readonly keysById: KeysById;

  constructor(
    manifest: ExportManifest,
    keys: readonly VerifierKey[],
    witnesses: readonly VerifierKey[],
    checkpoints: readonly KnownCheckpoint[],
  ) {
    const checkpoint = parseCheckpoint(parseNote(manifest.checkpoint)?.text ?? '');
    if (checkpoint === null) throw new Error('the export has no checkpoint');
    this.manifest = manifest;
    this.checkpoint = checkpoint;
    const { size, root } = checkpoint;
    const records = manifest.keys.flatMap(({ log_index: index, entry, proof }): KeyRecord[] => {
      const bytes = bytesOf(entry);
      const path = proof.map(fromBase64);
      const isThere =
        bytes !== null &&
        path.every((hash) => hash !== null) &&
        verifyInclusion({ index, size, leafHash: leafHash(bytes), proof: path, root });
      return isThere ? [{ index, entry: bytes }] : [];
    });
    const logKeys = new LogKeys(keys, records);
    this.keysById = new Map(logKeys.all.map((key) => [hex(key.id), key]));
    const ours = { size, note: manifest.checkpoint, from: 'the export' };
    this.verification = new Verification({
      keys: logKeys,
      origin: manifest.origin,
      checkpoints: [ours, ...checkpoints],
      witnesses,
    });
    if (records.length < manifest.keys.length) {
      this.verification.problems.add('bad_key', null, 'a record that begins a key is not proven to be in the log');
    }
  }

  problem(kind: 'slipped_in' | 'missing' | 'changed', message: string): void {
    this.verification.problems.add(kind, null, message);
  }

  addLine(line: ExportLine | DroppedLine | null, number: number): Promise<void> | void {
    if (line !== null && 'dropped' in line) {
      const { log_index: index, leaf_hash: leaf } = line.dropped;
      return this.verification.add({ index, leaf: { eventId: '', hash: Buffer.from(leaf, 'hex') }, record: null });
    }
    const entry = bytesOf(line?.entry);
    if (line === null || entry === null || line.record === undefined) return this.damaged(number);
    const path = line.proof?.map(fromBase64) ?? null;
    const whole = path === null || path.every((hash) => hash !== null) ? path : [];
    return this.add(line.record, line.type, entry, bytesOf(line.body), whole);
  }

  addRow(fields: readonly string[], number: number): void {
    const column = (wanted: (typeof csvColumns)[number]) => fields[csvColumns.indexOf(wanted)] ?? '';
    const [entry, body] = [bytesOf(column('entry')), column('body') === '' ? null : bytesOf(column('body'))];
    const proof = parseProof(column('tlog_proof'));
    const record =
      entry === null
        ? null
        : this.recordOf(entry, body, Number(column('log_index')), signatureOf(column('audit_signature')));
    if (entry === null || proof === null || record === null || fields.length !== csvColumns.length)
      return this.damaged(number);
    const { type, seen } = record;
    // What only the log knows of a decision is taken from the row, and compared with nothing.
    const said = { ...seen, model_version: column('model_version') || null, model_hash: column('model_hash') || null };
    const wanted = csvRow(isOfItself(type) ? seen : said, type, entry, body, column('tlog_proof'));
    const wrong = csvColumns.find((_name, i) => fields[i] !== wanted[i]);
    if (wrong !== undefined) this.tellWrongField(wrong, seen.log_index);
    if (proof.checkpoint !== this.manifest.checkpoint || proof.index !== seen.log_index) {
      this.verification.problems.add(
        'changed',
        seen.log_index,
        `the proof of record ${seen.log_index} is of something else`,
      );
    }
    void this.add(seen, type, entry, body, proof.path);
  }

  private add(record: AuditRecord, type: string, entry: Buffer, body: Buffer | null, path: readonly Hash[] | null) {
    const index = record.log_index;
    const seen = this.recordOf(entry, body, index, record.audit_signature);
    if (seen === null) return this.damaged(index);
    const wrong = type === seen.type ? wrongField(seen.seen, record, type) : 'type';
    if (wrong !== null) this.tellWrongField(wrong, index);
    if (!this.fitsFilter(seen.whole, type)) {
      this.verification.problems.add('slipped_in', index, `record ${index} does not fit the filter of the export`);
    }
    const signature = seen.signature;
    const found = {
      index,
      leaf: { eventId: record.event_id, hash: Buffer.from(record.leaf_hash, 'hex') },
      record: { entry, body, signature },
    };
    if (this.manifest.complete) return this.verification.add(found);
    const { size, root } = this.checkpoint;
    const leaf = leafHash(entry);
    if (path === null || !verifyInclusion({ index, size, leafHash: leaf, proof: path, root })) {
      this.verification.problems.add(
        'changed',
        index,
        `record ${index} is not proven to be in the log: it or its proof was changed`,
      );
      return;
    }
    return this.verification.addProven(found);
  }

  /** The record as its entry has it; null when the entry is no event. */
  private recordOf(entry: Buffer, body: Buffer | null, index: number, signed: AuditRecord['audit_signature']) {
    try {
      const key = signed.type === 'ed25519' ? parseVerifierKey(signed.key) : null;
      const signature =
        signed.type === 'ed25519'
          ? Buffer.concat([key?.id ?? Buffer.alloc(4), Buffer.from(signed.signature, 'base64')])
          : null;
      const stored = {
        logId: '',
        index,
        recordedAt: '',
        streamSequence: null,
        about: null,
        entry,
        body,
        signature,
        firstAnswer: false,
      };
      const record = readRecord(stored);
      return { whole: record, seen: auditRecord(record, this.keysById), type: record.event.type, signature };
    } catch {
      return null;
    }
  }

  /** As far as the record itself can say: a review does not say which model it is about. */
  private fitsFilter(record: LedgerRecord, type: string): boolean {
    const { model_version, model_hash, risk_tier, ...own } = this.manifest.filter;
    return fits(record, isOfItself(type) ? { ...own, model_version, model_hash, risk_tier } : own);
  }

  private tellWrongField(name: string, index: number): void {
    this.verification.problems.add('changed', index, `${name} of record ${index} is not what its entry says`);
  }

  private damaged(number: number): void {
    this.problem('changed', `line ${number} of the records is damaged`);
  }

  checkEnd(end: ExportEnd | null, records: number): void {
    if (end === null) this.problem('missing', 'the export was cut off: its end is missing');
    else if (end.records !== records)
      this.problem('missing', `the export had ${end.records} records, and has ${records}`);
    else if (end.sha256 === '')
      this.problem('changed', 'the export was changed since it was made: its hash is another');
  }

  finish(): Promise<Report> {
    const all = Object.values(this.manifest.filter).every((value) => value === undefined);
    if (!this.manifest.complete) return this.verification.finishProven(this.checkpoint, all);
    return this.verification.finish({ size: this.checkpoint.size, frontier: null }, 0);
  }
}

/** The first field, of either, that is another in the other; null for none. What the entry cannot say is left out. */
function wrongField(seen: AuditRecord, said: AuditRecord, type: string): string | null {
  const unknown = isOfItself(type) ? [] : ['model_version', 'model_hash'];
  const [a, b] = [seen, said].map((record) => new Map<string, unknown>(Object.entries(record)));
  const names = [...new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])])];
  return names.find((name) => !unknown.includes(name) && !isDeepStrictEqual(a?.get(name), b?.get(name))) ?? null;
}

/** Model version and hash of these are in their own entry; those of others come from the decision they are about. */
const isOfItself = (type: string) => type !== 'countersign.decision.human.v1' && type !== 'countersign.outcome.v1';

function signatureOf(json: string): AuditRecord['audit_signature'] {
  const value = parseJson(json) as AuditRecord['audit_signature'] | null;
  return value?.type === 'ed25519' ? value : { type: 'inclusion' };
}

const isEnd = (value: unknown): value is ExportEnd =>
  typeof value === 'object' && value !== null && 'sha256' in value && 'records' in value;

function bytesOf(base64: string | undefined): Buffer | null {
  const bytes = base64 === undefined ? null : fromBase64(base64);
  return bytes === null ? null : Buffer.from(bytes);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Without their line feeds. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1_048_576 })) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
