/** A person's last decision, for as long as it can be undone: kept for the tab, so that a reload does not take the way back. */
import type { DecideRequest, DecisionAction, ReviewCase } from '@countersign/contract';
import { useCallback, useEffect, useState } from 'react';
import { ofTab } from '../parts/own-storage';

/** What was decided, and until when that can be undone. */
export interface Undoable {
  readonly decisionId: string;
  readonly title: string;
  readonly action: DecisionAction;
  /** What was sent; null when this page has not seen it go. */
  readonly request: DecideRequest | null;
  /** Unix time in ms. */
  readonly until: number;
}

/** The way back from a decision whose answer was lost, as the case itself says it. */
export function undoableOf(opened: ReviewCase | undefined): Undoable | null {
  if (!opened?.undo_until || opened.decided === null) return null;
  const { item, decided, undo_until } = opened;
  const until = Date.parse(undo_until);
  return { decisionId: item.decision_id, title: item.title, action: decided.action, request: null, until };
}

const keptAs = 'undoable';

export function useUndoable(now: number): readonly [Undoable | null, (undoable: Undoable | null) => void] {
  const [undoable, setUndoable] = useState(read);
  const keep = useCallback((next: Undoable | null) => {
    setUndoable(next);
    if (next === null) ofTab.forget(keptAs);
    else ofTab.write(keptAs, JSON.stringify(next));
  }, []);
  const isOver = undoable !== null && now > undoable.until;
  useEffect(() => {
    // What was written is nobody's business when there is no way back any more.
    if (isOver) ofTab.forget(keptAs);
  }, [isOver]);
  return [isOver ? null : undoable, keep];
}

function read(): Undoable | null {
  const kept = ofTab.readJson(keptAs) as Partial<Undoable> | null;
  const isWhole =
    typeof kept?.decisionId === 'string' &&
    typeof kept.title === 'string' &&
    typeof kept.until === 'number' &&
    typeof kept.action === 'string' &&
    typeof kept.request?.action === 'string';
  return isWhole ? (kept as Undoable) : null;
}
