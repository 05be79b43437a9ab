/** The keys of a log, in the order in which they signed: each begins with a record of its own. */
import { eventTypes, logWorkflow } from '@countersign/contract';
import { formatVerifierKey, hex, parseVerifierKey, type VerifierKey } from '@countersign/contract/note';
import type { Queryable } from '../database/index.ts';
import type { SigningKey, Succession } from './key.ts';
import type { Ledger } from './ledger.ts';
import * as store from './store.ts';
import { writtenEntry, type NewId } from './written.ts';

/**
 * Puts the key on record when the log was not signed with it before, with those that came between.
 * Throws when nothing leads from the log's last key to this one.
 */
export async function recordKey(
  ledger: Ledger,
  logId: string,
  key: SigningKey,
  successions: readonly Succession[],
  now: () => Date,
  newId: NewId,
): Promise<void> {
  const ours = formatVerifierKey(key.verifier);
  await ledger.write(async ({ client, append }) => {
    let last = (await store.readKeys(client, logId)).at(-1) ?? null;
    while (last !== ours) {
      const before: string | null = last;
      const next = before === null ? null : successions.find(({ previous }) => previous === before);
      if (before !== null && next === undefined) {
        throw new Error(
          `log ${logId} is signed with ${before}, and this daemon has ${ours}. Give it the key file of the log; ` +
            'a new key is made by `countersign key rotate`, and for a lost one see the operations guide.',
        );
      }
      const following: string = next?.key ?? ours;
      const data = {
        workflow_id: logWorkflow,
        key: following,
        previous: before,
        endorsement: next?.endorsement ?? null,
      } as const;
      const entry = writtenEntry({ type: eventTypes.key, subject: logWorkflow, data }, now(), newId);
      const [appended] = await append([entry]);
      if (appended?.is !== 'appended') throw new Error(`the ledger refused a new event id: ${appended?.is}`);
      await store.insertKey(client, logId, appended.record.index, data);
      last = following;
    }
  });
}

/** By the 4 bytes that name them, in hex. */
export type KeysById = ReadonlyMap<string, VerifierKey>;

export async function keysById(db: Queryable, logId: string): Promise<KeysById> {
  const keys = (await store.readKeys(db, logId)).map((text) => parseVerifierKey(text));
  return new Map(keys.flatMap((key) => (key === null ? [] : [[hex(key.id), key]])));
}
