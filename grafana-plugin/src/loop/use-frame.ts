/** The places of the picture's lanes, bands and boxes, as the browser has laid them out: known before anything is painted. */
import { useLayoutEffect, useState } from 'react';
import type { Frame, Rect } from './layout';

/** What `root` has to have inside: a cell for each lane and band, and boxes that say which they are. */
export interface FrameMarks {
  'data-cell'?: `${number} ${number}`;
  'data-box'?: string;
}

/** Null until there is something to measure. With other boxes it has to be another root. */
export function useFrame(root: HTMLElement | null): Frame | null {
  const [frame, setFrame] = useState<Frame | null>(null);
  useLayoutEffect(() => {
    if (root === null) return undefined;
    const measure = () => setFrame(frameOf(root));
    const resized = new ResizeObserver(measure);
    resized.observe(root);
    for (const box of root.querySelectorAll('[data-box]')) resized.observe(box);
    measure();
    return () => resized.disconnect();
  }, [root]);
  return frame;
}

function frameOf(root: HTMLElement): Frame {
  const corner = root.getBoundingClientRect();
  const rectOf = (element: Element): Rect => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return {
      left: left - corner.left,
      top: top - corner.top,
      right: right - corner.left,
      bottom: bottom - corner.top,
    };
  };
  const lanes: Frame['lanes'][number][] = [];
  const bands: Frame['bands'][number][] = [];
  for (const cell of root.querySelectorAll<HTMLElement>('[data-cell]')) {
    const [lane = 0, band = 0] = (cell.dataset['cell'] ?? '').split(' ').map(Number);
    const { left, right, top, bottom } = rectOf(cell);
    lanes[lane] = { start: left, end: right };
    bands[band] = { start: top, end: bottom };
  }
  const boxes = [...root.querySelectorAll<HTMLElement>('[data-box]')].map(
    (box) => [box.dataset['box'] ?? '', rectOf(box)] as const,
  );
  return { width: corner.width, height: corner.height, lanes, bands, boxes: new Map(boxes) };
}
