import { expect, it } from 'vitest';
import { eventSubject, partitionOf } from './subjects.ts';

it('partitions by FNV-1a of the published test vectors', () => {
  // FNV-1a 32 of "", "a" and "foobar": 811c9dc5, e40c292c, bf9cf968.
  expect(partitionOf('')).toBe(0x811c9dc5 % 64);
  expect(partitionOf('a')).toBe(0xe40c292c % 64);
  expect(partitionOf('foobar')).toBe(0xbf9cf968 % 64);
});

it('keeps a workflow in one partition', () => {
  expect(eventSubject('mail-moderation', 'outcome')).toBe(
    `countersign.events.${partitionOf('mail-moderation')}.outcome`,
  );
});
