/** What came of a batch, for as long as its page is open: a reload takes neither the way back nor what failed and why. */
import type { BatchDecided, DecideBatchRequest } from '@countersign/contract';
import { config } from '@grafana/runtime';
import { useCallback, useEffect, useState } from 'react';

/** What was sent, and what came of it. */
export interface DecidedAtOnce {
  /** The case that the others were like. */
  readonly seed: string;
  readonly request: DecideBatchRequest;
  readonly decided: BatchDecided;
  /** Until when it can be undone, Unix ms. */
  readonly until: number;
}

/** Of a person: another may log in to the same tab. */
const keyOf = () => `countersign.batch.${config.bootData.user.orgId}.${config.bootData.user.login}`;

export function useDecidedAtOnce(
  seed: string,
): readonly [DecidedAtOnce | null, (done: Omit<DecidedAtOnce, 'seed'>) => void] {
  const [done, setDone] = useState(() => read(seed));
  const keep = useCallback(
    (after: Omit<DecidedAtOnce, 'seed'>) => {
      const kept = { ...after, seed };
      setDone(kept);
      try {
        window.sessionStorage.setItem(keyOf(), JSON.stringify(kept));
      } catch {
        // Without storage it lives as long as the page.
      }
    },
    [seed],
  );
  // Who goes elsewhere has read it. A page that is loaded anew does not get here.
  useEffect(() => forget, []);
  return [done?.seed === seed ? done : null, keep];
}

function forget(): void {
  try {
    window.sessionStorage.removeItem(keyOf());
  } catch {
    // What cannot be kept need not be thrown away.
  }
}

function read(seed: string): DecidedAtOnce | null {
  try {
    const kept = JSON.parse(window.sessionStorage.getItem(keyOf()) ?? 'null') as Partial<DecidedAtOnce> | null;
    const isWhole =
      kept?.seed === seed &&
      typeof kept.until === 'number' &&
      typeof kept.request?.action === 'string' &&
      Array.isArray(kept.decided?.results);
    return isWhole ? (kept as DecidedAtOnce) : null;
  } catch {
    return null;
  }
}
