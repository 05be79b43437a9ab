import { randomBytes, randomUUID } from 'node:crypto';
import { Uuid, uuidV7 } from '@countersign/contract';
import fc from 'fast-check';
import { Check } from 'typebox/value';
import { expect, it } from 'vitest';
import { idBefore, timeOf } from './planted-id.ts';

const draw = () => uuidV7(Date.now(), randomBytes(10));

it('is as old as it seems, and says nothing else', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_600_000_000_000, max: 2_000_000_000_000 }), fc.nat(60_000), (ms, earlier) => {
      const id = uuidV7(ms, randomBytes(10));
      const planted = idBefore(id, earlier, draw);
      expect(Check(Uuid, planted)).toBe(true);
      expect([planted[14], timeOf(planted)]).toEqual(['7', ms - earlier]);
      expect(planted.slice(14)).not.toBe(id.slice(14));
      // Nobody who has the one can work out the other.
      expect(idBefore(id, earlier, draw)).not.toBe(planted);
    }),
  );
});

it('is of the version that services use', () => {
  const id = randomUUID();
  const planted = idBefore(id, 5_000, draw);
  expect(Check(Uuid, planted)).toBe(true);
  expect([planted[14], timeOf(planted), timeOf(id)]).toEqual(['4', null, null]);
  expect(planted).not.toBe(id);
});
