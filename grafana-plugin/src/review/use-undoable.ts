/** A person's last decision, for as long as it can be undone: kept for the tab, so that a reload does not take the way back. */
import type { DecideRequest, DecisionAction, ReviewCase } from '@countersign/contract';
import { config } from '@grafana/runtime';
import { useCallback, useEffect, useState } from 'react';

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

/** Of a person: another may log in to the same tab. */
const keyOf = () => `countersign.undoable.${config.bootData.user.orgId}.${config.bootData.user.login}`;

export function useUndoable(now: number): readonly [Undoable | null, (undoable: Undoable | null) => void] {
  const [undoable, setUndoable] = useState(read);
  const keep = useCallback((next: Undoable | null) => {
    setUndoable(next);
    if (next === null) return forget();
    try {
      window.sessionStorage.setItem(keyOf(), JSON.stringify(next));
    } catch {
      // Without storage it lives as long as the page.
    }
  }, []);
  const isOver = undoable !== null && now > undoable.until;
  useEffect(() => {
    // What was written is nobody's business when there is no way back any more.
    if (isOver) forget();
  }, [isOver]);
  return [isOver ? null : undoable, keep];
}

function forget(): void {
  try {
    window.sessionStorage.removeItem(keyOf());
  } catch {
    // What cannot be kept need not be thrown away.
  }
}

function read(): Undoable | null {
  try {
    const kept = JSON.parse(window.sessionStorage.getItem(keyOf()) ?? 'null') as Partial<Undoable> | null;
    const isWhole =
      typeof kept?.decisionId === 'string' &&
      typeof kept.title === 'string' &&
      typeof kept.until === 'number' &&
      typeof kept.action === 'string' &&
      typeof kept.request?.action === 'string';
    return isWhole ? (kept as Undoable) : null;
  } catch {
    return null;
  }
}
