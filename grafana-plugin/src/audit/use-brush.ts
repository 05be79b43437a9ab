/** Narrowing the time by keyboard: arrows go along the bars, with Shift they take more, Enter takes what is marked. */
import { useState, type KeyboardEvent } from 'react';

/** Bars from the one where it began to the one where it is, which may be before it. */
export interface Marked {
  readonly anchor: number;
  readonly head: number;
}

/** What a key makes of what is marked; `take` when it is wanted, undefined for a key that says nothing here. */
export function afterKey(
  marked: Marked | null,
  { key, shiftKey }: Pick<KeyboardEvent, 'key' | 'shiftKey'>,
  bars: number,
): Marked | 'take' | null | undefined {
  if (key === 'Enter') return marked === null ? undefined : 'take';
  if (key === 'Escape') return marked === null ? undefined : null;
  const last = bars - 1;
  const to: Partial<Record<string, number>> = {
    ArrowLeft: (marked?.head ?? bars) - 1,
    ArrowRight: (marked?.head ?? -1) + 1,
    Home: 0,
    End: last,
  };
  const wanted = to[key];
  if (wanted === undefined || bars === 0) return undefined;
  const head = Math.max(0, Math.min(last, wanted));
  return { anchor: shiftKey && marked !== null ? marked.anchor : head, head };
}

export function useBrush(bars: number, onTake: (first: number, last: number) => void) {
  const [marked, setMarked] = useState<Marked | null>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const after = afterKey(marked, event, bars);
    if (after === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (after === 'take' && marked !== null)
      onTake(Math.min(marked.anchor, marked.head), Math.max(marked.anchor, marked.head));
    setMarked(after === 'take' ? null : after);
  };
  return { marked, onKeyDown, clear: () => setMarked(null) };
}
