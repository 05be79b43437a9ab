import { expect, it } from 'vitest';
import { countOf, HistogramBins } from './histogram.ts';
import { everything, segmentSize } from './segment.ts';

it('counts each record in the bin of its time, and none outside', () => {
  const bins = new HistogramBins({ from: 100, to: 199 }, 10);
  bins.addEach({ list: [0, 1, 2, 3, 4] }, [99, 100, 109, 110, 199]);
  bins.addEach({ list: [0] }, [200]);
  expect(bins.counts).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
});

it('spreads what it knows no times of evenly over where it may be, and loses none of it', () => {
  const bins = new HistogramBins({ from: 0, to: 99 }, 10);
  bins.spread(1_000, { from: 5, to: 24 });
  expect(bins.counts.map(Math.round)).toEqual([250, 500, 250, 0, 0, 0, 0, 0, 0, 0]);
  bins.spread(10, { from: 95, to: 194 });
  expect(bins.counts.at(-1)).toBeCloseTo(0.5);
});

it('counts bits as it counts a list', () => {
  expect(countOf(everything)).toBe(segmentSize);
  expect(countOf({ list: [1, 5, 9] })).toBe(3);
});
