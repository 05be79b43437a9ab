/** What moves in a page without anybody's doing (https://wicg.github.io/layout-instability/). */
import type { Page } from 'playwright-core';

/** Goes into the page before its scripts, and keeps what moved. */
export function recordShifts(): void {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as LayoutShift[]) {
      if (entry.hadRecentInput) continue;
      window.shifts.push({
        by: entry.value,
        what: entry.sources.map(({ node }) => (node instanceof HTMLElement ? node.outerHTML.slice(0, 120) : '')),
      });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** Nothing, unless it is more than half of what counts as good (https://web.dev/articles/cls): lists whose rows change their places have a little. */
export const jumps = (page: Page): Promise<Jump[]> =>
  page.evaluate(() => (window.shifts.reduce((sum, { by }) => sum + by, 0) < 0.05 ? [] : window.shifts));

export interface Jump {
  readonly by: number;
  readonly what: string[];
}

interface LayoutShift extends PerformanceEntry {
  readonly value: number;
  readonly hadRecentInput: boolean;
  readonly sources: readonly { readonly node: Node | null }[];
}

declare global {
  interface Window {
    shifts: Jump[];
  }
}
