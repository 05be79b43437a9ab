/** The log of this daemon wired up: what writes it, what reads it, what signs and publishes it. A part of main.ts. */
import type { Config } from './config.ts';
import type { Pool } from './database/index.ts';
import {
  Checkpoints,
  LastSigned,
  Ledger,
  LedgerReader,
  loadSigningKey,
  newUuid,
  readSuccessions,
  recordKeys,
  RewrittenError,
  SearchIndex,
  stepsToKey,
  Witnesses,
} from './ledger/index.ts';
import type { Metrics } from './metrics/index.ts';

export interface LogOptions {
  readonly config: Config;
  readonly pool: Pool;
  /** For search, proofs and exports: however many there are, recording goes on. */
  readonly readingPool: Pool;
  readonly metrics: Metrics;
  readonly now: () => Date;
  /** Told of what goes wrong in the background; names what it was. */
  readonly trouble: (what: string) => (error: unknown) => void;
  /** The daemon must not go on. */
  readonly onFatal: (error: unknown) => void;
}

export interface Log {
  readonly ledger: Ledger;
  readonly reader: LedgerReader;
  readonly search: SearchIndex;
  /** Signs what is left, and ends. */
  stop(): Promise<void>;
}

const checkpointDelayMs = 200;

/** Takes the log over. Throws when it is not the one that the key has signed. */
export async function openLog({ config, pool, readingPool, metrics, now, trouble, onFatal }: LogOptions): Promise<Log> {
  const { logId, keyFile, origin } = config;
  const key = loadSigningKey(keyFile, origin);
  const lastSigned = new LastSigned(`${keyFile}.last`);
  lastSigned.assertOf(origin);
  // Before it is taken from whoever has the right key.
  const steps = await stepsToKey(pool, logId, key, readSuccessions(keyFile));
  const ledger = await Ledger.open({
    pool,
    logId,
    key,
    now,
    onListenerError: trouble('what follows from a record was not done'),
    onFenced: onFatal,
    onAppend: (_records, seconds) => metrics.observe('countersign_ledger_append_seconds', { log: logId }, seconds),
  });
  const witnesses = new Witnesses({
    pool,
    logId,
    witnesses: config.witnesses,
    quorum: config.witnessQuorum,
    onResult: (witness, result) => metrics.count('countersign_witness_requests_total', { witness, result }),
    onError: trouble('a witness has not signed'),
  });
  const checkpoints = new Checkpoints({
    pool,
    logId,
    key,
    head: () => ledger.head,
    lastSigned,
    now,
    delayMs: checkpointDelayMs,
    onError: (error) => {
      if (error instanceof RewrittenError) onFatal(error);
      else trouble('no checkpoint was signed')(error);
    },
    onSigned: (checkpoint) => witnesses.show(checkpoint),
  });
  try {
    // Before anything is added to it.
    await checkpoints.assertContinues();
    await recordKeys(ledger, logId, steps, now, newUuid);
    // One that was signed before a restart may not be published yet.
    const signed = await checkpoints.newest();
    if (signed !== null) witnesses.show(signed);
    const search = await SearchIndex.start({
      db: readingPool,
      logId,
      onError: trouble('the search index was not stored'),
    });
    const reader = await LedgerReader.open(readingPool, logId);
    ledger.onCommitted((records) => {
      search.observe(records);
      checkpoints.schedule();
    });
    checkpoints.schedule();
    const stop = async () => {
      await checkpoints.stop();
      await witnesses.stop();
      await search.stop();
    };
    return { ledger, reader, search, stop };
  } catch (error) {
    await witnesses.stop();
    throw error;
  }
}
