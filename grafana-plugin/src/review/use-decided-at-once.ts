/** What came of a batch, for as long as its page is open: a reload takes neither the way back nor what failed and why. */
import type { BatchDecided, DecideBatchRequest } from '@countersign/contract';
import { useCallback, useEffect, useState } from 'react';
import { ofTab } from '../parts/own-storage';

/** What was sent, and what came of it. */
export interface DecidedAtOnce {
  /** The case that the others were like. */
  readonly seed: string;
  readonly request: DecideBatchRequest;
  readonly decided: BatchDecided;
  /** Until when it can be undone, Unix ms. */
  readonly until: number;
}

const keptAs = 'batch';

export function useDecidedAtOnce(
  seed: string,
): readonly [DecidedAtOnce | null, (done: Omit<DecidedAtOnce, 'seed'>) => void] {
  const [done, setDone] = useState(() => read(seed));
  const keep = useCallback(
    (after: Omit<DecidedAtOnce, 'seed'>) => {
      const kept = { ...after, seed };
      setDone(kept);
      ofTab.write(keptAs, JSON.stringify(kept));
    },
    [seed],
  );
  // Who goes elsewhere has read it. A page that is loaded anew does not get here.
  useEffect(() => () => ofTab.forget(keptAs), []);
  return [done?.seed === seed ? done : null, keep];
}

function read(seed: string): DecidedAtOnce | null {
  const kept = ofTab.readJson(keptAs) as Partial<DecidedAtOnce> | null;
  const isWhole =
    kept?.seed === seed &&
    typeof kept.until === 'number' &&
    typeof kept.request?.action === 'string' &&
    Array.isArray(kept.decided?.results);
  return isWhole ? (kept as DecidedAtOnce) : null;
}
