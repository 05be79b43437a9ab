/** The keys of a log, in the order in which they signed: each begins with a record of its own. */
import { eventTypes, logWorkflow, type KeyStep } from '@countersign/contract';
import { formatVerifierKey, hex, parseVerifierKey, type VerifierKey } from '@countersign/contract/note';
import type { Queryable } from '../database/index.ts';
import type { SigningKey, Succession } from './key.ts';
import type { Ledger } from './ledger.ts';
import * as store from './store.ts';
import { writtenEntry, type NewId } from './written.ts';

/** One key after another, from the one that the log was signed with last to ours; `previous` null for the first of all. */
type Steps = readonly Pick<KeyStep, 'key' | 'previous' | 'endorsement'>[];

/**
 * What has to be put on record before the log is signed with the key: nothing when it was so before. Ask before the log is
 * taken over. Throws when nothing leads from the log's last key to this one.
 */
export async function stepsToKey(
  db: Queryable,
  logId: string,
  { verifier }: SigningKey,
  successions: readonly Succession[],
): Promise<Steps> {
  const ours = formatVerifierKey(verifier);
  const last = (await store.readKeys(db, logId)).at(-1) ?? null;
  if (last === null) return [{ key: ours, previous: null, endorsement: null }];
  const steps: Succession[] = [];
  for (let at = last; at !== ours;) {
    const next = successions.find(({ previous }) => previous === at);
    if (next === undefined || steps.length > successions.length) {
      throw new Error(
        `log ${logId} is signed with ${last}, and this daemon has ${ours}. Give it the key file of the log; ` +
          'a new key is made by `countersign key rotate`, and for a lost one see the operations guide.',
      );
    }
    steps.push(next);
    at = next.key;
  }
  return steps;
}

/** Puts these keys on record, each beginning with its record. */
export async function recordKeys(
  ledger: Ledger,
  logId: string,
  steps: Steps,
  now: () => Date,
  newId: NewId,
): Promise<void> {
  if (steps.length === 0) return;
  await ledger.write(async ({ client, append }) => {
    for (const step of steps) {
      const data = { workflow_id: logWorkflow, ...step } as const;
      const entry = writtenEntry({ type: eventTypes.key, subject: logWorkflow, data }, now(), newId);
      const [appended] = await append([entry]);
      if (appended?.is !== 'appended') throw new Error(`the ledger refused a new event id: ${appended?.is}`);
      await store.insertKey(client, logId, appended.record.index, step.key, entry.entry);
    }
  });
}

/** By the 4 bytes that name them, in hex. */
export type KeysById = ReadonlyMap<string, VerifierKey>;

export async function keysById(db: Queryable, logId: string): Promise<KeysById> {
  const keys = (await store.readKeys(db, logId)).map((text) => parseVerifierKey(text));
  return new Map(keys.flatMap((key) => (key === null ? [] : [[hex(key.id), key]])));
}
