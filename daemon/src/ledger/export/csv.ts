/** Audit records as CSV (RFC 4180), one row each, with the entry and its proof file in the last columns. */
import type { AuditRecord } from '@countersign/contract';

export const csvColumns = [
  'log_index',
  'event_id',
  'timestamp',
  'type',
  'workflow_id',
  'task_id',
  'model_version',
  'model_hash',
  'input_snapshot',
  'model_output',
  'decision_actor_type',
  'decision_actor_id',
  'decision_action',
  'justification',
  'audit_signature',
  'leaf_hash',
  'entry',
  'body',
  'tlog_proof',
] as const;

/** In the order of the columns; entry and body in base64, objects as JSON. */
export function csvRow(record: AuditRecord, type: string, entry: Buffer, body: Buffer | null, proof: string): string[] {
  const json = (value: unknown) => (value === null || value === undefined ? '' : JSON.stringify(value));
  return [
    String(record.log_index),
    record.event_id,
    record.timestamp,
    type,
    record.workflow_id,
    record.task_id,
    record.model_version ?? '',
    record.model_hash ?? '',
    json(record.input_snapshot),
    json(record.model_output),
    record.decision_actor.type,
    record.decision_actor.id,
    record.decision_action ?? '',
    record.justification ?? '',
    json(record.audit_signature),
    record.leaf_hash,
    entry.toString('base64'),
    body?.toString('base64') ?? '',
    proof,
  ].map(defused);
}

/** A spreadsheet would take it for a formula; after an apostrophe it does not (OWASP, CSV injection). */
const defused = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

export const csvLine = (fields: readonly string[]): string =>
  `${fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')}\r\n`;

/** The fields of each line, comment lines (beginning with #) as one field; for chunks of text as they come. */
export class CsvReader {
  private readonly fields: string[] = [];
  private field = '';
  private quoted = false;
  /** The last character was a quote within quotes: the end of them, or half of a quote. */
  private half = false;

  /** The lines that end in this text. */
  *read(text: string): Generator<string[]> {
    for (const c of text) {
      if (this.half) {
        this.half = false;
        if (c === '"') {
          this.field += '"';
          continue;
        }
        this.quoted = false;
      }
      if (this.quoted) {
        if (c === '"') this.half = true;
        else this.field += c;
      } else if (this.isComment || (c !== ',' && c !== '"' && c !== '\n' && c !== '\r')) {
        if (c === '\n') yield this.line();
        else this.field += c;
      } else if (c === '"') this.quoted = true;
      else if (c === ',') this.endField();
      else if (c === '\n') yield this.line();
    }
  }

  private get isComment(): boolean {
    return this.fields.length === 0 && this.field.startsWith('#');
  }

  private endField(): void {
    this.fields.push(this.field);
    this.field = '';
  }

  private line(): string[] {
    this.endField();
    return this.fields.splice(0);
  }
}
