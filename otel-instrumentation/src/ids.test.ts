import { UuidV7 } from '@countersign/contract';
import { Check } from 'typebox/value';
import { expect, it } from 'vitest';
import { newId } from './ids.ts';

it('is a UUID of version 7 at its time, and no two are alike', () => {
  const ms = Date.parse('2026-11-30T10:00:00.123Z');
  const ids = Array.from({ length: 5_000 }, (_, nth) => newId(ms + Math.floor(nth / 1_000)));
  expect(ids.filter((id) => !Check(UuidV7, id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(Number.parseInt((ids[0] ?? '').replaceAll('-', '').slice(0, 12), 16)).toBe(ms);
  // They sort by time, and each of the digits that are random is every digit.
  expect(ids.filter((id, nth) => nth > 0 && id.slice(0, 13) < (ids[nth - 1] ?? '').slice(0, 13))).toEqual([]);
  for (const at of [15, 16, 17, 20, 21, 22, 24, 35]) expect(new Set(ids.map((id) => id[at])).size).toBe(16);
  const variants = ['8', '9', 'a', 'b'].map((digit) => ids.filter((id) => id[19] === digit).length);
  // A quarter each, give or take five standard deviations.
  for (const count of variants) expect(Math.abs(count - 1_250)).toBeLessThan(5 * Math.sqrt(5_000 * 0.25 * 0.75));
});
