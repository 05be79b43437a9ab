/** What a record can be found by: each field of it a term, each word of its justification a term. Pure. */
import type { Actor, DecisionAction, RiskTier } from '@countersign/contract';
import { justificationOf } from '@countersign/contract/audit-record';
import { labelOf, modelOf, type LedgerRecord } from '../record.ts';

/** Every condition has to hold. Times are RFC 3339 in UTC, `from` inclusive, `to` exclusive. */
export interface AuditFilter {
  readonly event_id?: string | undefined;
  readonly type?: string | undefined;
  readonly workflow_id?: string | undefined;
  readonly task_id?: string | undefined;
  readonly model_version?: string | undefined;
  readonly model_hash?: string | undefined;
  readonly input_hash?: string | undefined;
  readonly label?: string | undefined;
  readonly actor_type?: Actor['type'] | undefined;
  readonly actor_id?: string | undefined;
  readonly action?: DecisionAction | undefined;
  readonly risk_tier?: RiskTier | undefined;
  /** Has a signature of its own. */
  readonly signed?: boolean | undefined;
  readonly leaf_hash?: string | undefined;
  /** Words that the justification has to have, all of them. */
  readonly text?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

type TermField = Exclude<keyof AuditFilter, 'text' | 'from' | 'to' | 'event_id'>;
/** One way to read each field, for the index and for the filter. */
const fields: { readonly [F in TermField]: (record: LedgerRecord) => AuditFilter[F] | null | undefined } = {
  type: ({ event }) => event.type,
  workflow_id: ({ event }) => event.data.workflow_id,
  task_id: ({ event }) => event.subject,
  model_version: (record) => modelOf(record)?.version,
  model_hash: (record) => modelOf(record)?.hash,
  input_hash: ({ event }) => (event.type === 'countersign.decision.ai.v1' ? event.data.input_snapshot.hash : null),
  label: labelOf,
  actor_type: ({ actor }) => actor.type,
  actor_id: ({ actor }) => actor.id,
  action: ({ action }) => action,
  risk_tier: ({ about }) => about?.riskTier,
  signed: ({ signature }) => signature !== null,
  leaf_hash: ({ leafHash }) => leafHash.toString('hex'),
};
const fieldNames = Object.keys(fields) as TermField[];

/** A term as 32 bits; two terms may share them, so what is found is checked against the record. */
export type Term = number;

/** Words of a record that are indexed; one with more may have any word at all, as far as the index can tell. */
const mostWords = 200;

export interface RecordTerms {
  readonly terms: readonly Term[];
  /** Its words are not all among the terms. */
  readonly overflows: boolean;
}

export function termsOf(record: LedgerRecord): RecordTerms {
  const terms: Term[] = [];
  for (const [i, name] of fieldNames.entries()) {
    const value = fields[name](record);
    if (value !== null && value !== undefined) terms.push(hashTerm(i, String(value)));
  }
  const words = new Set(wordsOf(justificationOf(record.event) ?? ''));
  const overflows = words.size > mostWords;
  if (!overflows) for (const word of words) terms.push(hashTerm(wordField, word));
  return { terms, overflows };
}

export interface FilterTerms {
  /** Terms that a record has to have to fit. Times and event id are no terms. */
  readonly fields: readonly Term[];
  /** Of its words; a record that overflows may have them. */
  readonly words: readonly Term[];
}

export function termsOfFilter(filter: AuditFilter): FilterTerms {
  const wanted = fieldNames.flatMap((name, i) => {
    const value = filter[name];
    return value === undefined ? [] : [hashTerm(i, String(value))];
  });
  return { fields: wanted, words: wordsOf(filter.text ?? '').map((word) => hashTerm(wordField, word)) };
}

/** Whether the record itself fits; the last word on what the index proposes. */
export function fits(record: LedgerRecord, filter: AuditFilter): boolean {
  if (filter.event_id !== undefined && record.event.id !== filter.event_id) return false;
  if (!fieldNames.every((name) => filter[name] === undefined || fields[name](record) === filter[name])) return false;
  const at = Date.parse(record.event.time);
  if (filter.from !== undefined && at < Date.parse(filter.from)) return false;
  if (filter.to !== undefined && at >= Date.parse(filter.to)) return false;
  const wanted = wordsOf(filter.text ?? '');
  if (wanted.length === 0) return true;
  const words = new Set(wordsOf(justificationOf(record.event) ?? ''));
  return wanted.every((word) => words.has(word));
}

const wordField = fieldNames.length;
const ascii = /^[\x20-\x7e\s]*$/;
/** Scripts that write words without spaces between: each character counts as a word. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const oneWord = new RegExp(`${unspaced.source}|(?:(?!${unspaced.source})[\\p{L}\\p{N}\\p{M}])+`, 'gu');

/** Words without case and in compatibility form (NFKC), so that what looks alike is found. */
export function wordsOf(text: string): string[] {
  if (text === '') return [];
  if (ascii.test(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return text.normalize('NFKC').toLowerCase().match(oneWord) ?? [];
}

/** FNV-1a over field and UTF-16 code units, then the finish of MurmurHash3, because buckets take the top bits. */
function hashTerm(field: number, value: string): Term {
  let hash = Math.imul(0x811c9dc5 ^ field, 0x01000193);
  for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
