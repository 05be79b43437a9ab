export { Checkpoints } from './checkpoints.ts';
export { loadSigningKey, type SigningKey } from './key.ts';
export { FencedError, Ledger, type Appended, type Entry, type LedgerTransaction } from './ledger.ts';
export { auditRecord, type AboutDecision, type LedgerRecord } from './record.ts';
export type { RecordFilter } from './store.ts';
export { newUuid, writtenEntry, type NewId } from './written.ts';
