import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { oncePerSecondEach, type Trouble } from './trouble.ts';

let said: string[];
let trouble: Trouble;
beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  trouble = oncePerSecondEach((text) => said.push(text));
});
afterEach(() => vi.useRealTimers());

it('says the first of many alike at once, and the last of them when a second is over', () => {
  let dropped = 0;
  for (let i = 0; i < 50; i++) {
    dropped += 1;
    trouble(() => `${dropped} dropped`);
  }
  expect(said).toEqual(['countersign: 1 dropped']);
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual(['countersign: 1 dropped', 'countersign: 50 dropped']);
  vi.advanceTimersByTime(10_000);
  expect(said).toHaveLength(2);
  trouble('51 dropped');
  expect(said).toHaveLength(3);
});

it('makes no words of what is not said, where it is known by its kind', () => {
  let made = 0;
  for (let i = 0; i < 50; i++) trouble(() => `made ${(made += 1)}`, 'kind');
  vi.advanceTimersByTime(1_000);
  expect(said).toEqual(['countersign: made 1', 'countersign: made 2']);
});

it('does not lose what is said once among what is said often', () => {
  trouble(new Error('NATS cannot be reached'));
  trouble('the disk is full');
  trouble(new Error('NATS cannot be reached'));
  expect(said).toEqual(['countersign: NATS cannot be reached', 'countersign: the disk is full']);
});

it('says no more than a bound when each is of another kind', () => {
  for (let i = 0; i < 1_000; i++) trouble('x'.repeat(i % 60) + String.fromCodePoint(0x4e00 + i));
  expect(said.length).toBeLessThanOrEqual(101);
});

it('does not hand back what the service throws when it is told', () => {
  const told = oncePerSecondEach(() => {
    throw new Error('no log');
  });
  expect(() => told('something')).not.toThrow();
  // Nor what it promises, and does not keep: nobody would handle that.
  const promised = oncePerSecondEach(() => Promise.reject(new Error('no log')) as unknown as void);
  expect(() => promised('something')).not.toThrow();
  expect(() => trouble(Object.create(null))).not.toThrow();
});
