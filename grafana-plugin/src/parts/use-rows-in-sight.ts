/** Which rows of a long list are in sight, so that only those are drawn. All rows are equally high. */
import { useCallback, useEffect, useState } from 'react';

/** Drawn beyond the edges, so that scrolling shows no gap. */
const beyond = 4;

/** So many rows before the last one is in sight the next page is asked for: it is there when somebody scrolls on. */
export const ahead = 100;

export interface RowsInSight {
  /** The ref of the element that scrolls. */
  readonly scroller: (element: HTMLDivElement | null) => void;
  readonly first: number;
  /** One behind the last. */
  readonly end: number;
  /** Scrolls as little as it takes. */
  readonly show: (index: number) => void;
}

export function useRowsInSight(count: number, rowHeight: number): RowsInSight {
  const [element, scroller] = useState<HTMLDivElement | null>(null);
  const [sight, setSight] = useState({ first: 0, end: 30 });
  useEffect(() => {
    if (element === null) return undefined;
    const measure = () => {
      const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - beyond);
      const end = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + beyond;
      setSight((before) => (before.first === first && before.end === end ? before : { first, end }));
    };
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [element, rowHeight]);
  const show = useCallback(
    (index: number) => {
      if (element === null) return;
      const [top, bottom] = [index * rowHeight, (index + 1) * rowHeight];
      if (top < element.scrollTop) element.scrollTo({ top });
      else if (bottom > element.scrollTop + element.clientHeight)
        element.scrollTo({ top: bottom - element.clientHeight });
    },
    [element, rowHeight],
  );
  // The list may have become shorter than where it was scrolled to.
  const end = Math.min(count, sight.end);
  return { scroller, first: Math.min(sight.first, end), end, show };
}
