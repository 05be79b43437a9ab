/** The last decision, for as long as it can be undone: kept for the tab, so that a reload does not take the way back. */
import type { DecideRequest } from '@countersign/contract';
import { useCallback, useState } from 'react';

/** What was decided, and until when that can be undone. */
export interface Undoable {
  readonly decisionId: string;
  readonly title: string;
  readonly request: DecideRequest;
  /** Unix time in ms. */
  readonly until: number;
}

const key = 'countersign.undoable';

export function useUndoable(): readonly [Undoable | null, (undoable: Undoable | null) => void] {
  const [undoable, setUndoable] = useState(read);
  const keep = useCallback((next: Undoable | null) => {
    setUndoable(next);
    try {
      if (next === null) window.sessionStorage.removeItem(key);
      else window.sessionStorage.setItem(key, JSON.stringify(next));
    } catch {
      // Without storage it lives as long as the page.
    }
  }, []);
  return [undoable, keep];
}

function read(): Undoable | null {
  try {
    const kept = JSON.parse(window.sessionStorage.getItem(key) ?? 'null') as Partial<Undoable> | null;
    const isWhole =
      typeof kept?.decisionId === 'string' &&
      typeof kept.title === 'string' &&
      typeof kept.until === 'number' &&
      typeof kept.request?.action === 'string';
    return isWhole ? (kept as Undoable) : null;
  } catch {
    return null;
  }
}
