/** Compares the newest head of the log with the newest that this browser has kept, and keeps it when the log has only grown. */
import type { LogGrowth } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { logWatchKey, readGrowth } from '../api/audit';
import { CallError } from '../api/client';
import { checkGrowth, sizeOf, type GrowthCheck } from './growth';
import { advancePin, pinOf, readPin } from './pin';

interface Watched {
  readonly check: GrowthCheck;
  /** What the daemon answered, where it did. */
  readonly growth?: LogGrowth;
}

/** Also while the page stays open: what it shows comes from the log as it is by then. */
export const useLogWatch = () =>
  useQuery({ queryKey: logWatchKey, queryFn: compare, retry: false, staleTime: 0, refetchInterval: 30_000 });

async function compare(): Promise<Watched> {
  // As it is kept now: another page may have seen more than this one had when it was opened.
  const pin = readPin();
  const from = pin === null ? 0 : sizeOf(pin);
  try {
    const growth = await readGrowth(from);
    const check = checkGrowth(pin, growth);
    const isGood = check.is === 'first' || check.is === 'grown' || check.is === 'succeeded';
    if (!isGood || advancePin(pin, pinOf(growth))) return { check, growth };
    return await compare();
  } catch (error) {
    const isShorter = error instanceof CallError && error.body?.error === 'not_found' && from > 0;
    if (isShorter) return { check: { is: 'rewritten' } };
    throw error;
  }
}
