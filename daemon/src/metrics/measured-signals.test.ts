/** What takes long is worked out seldom, and nobody who asks for metrics waits for it twice. */
import type { Signal } from '@countersign/contract';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MeasuredSignals } from './measured-signals.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const signal = (model_version: string) =>
  ({
    monitor: 'latency',
    workflow_id: 'w',
    model_name: 'm',
    model_version,
    subject: null,
    tier: null,
    conclusive: true,
    value: 1,
    summary: '',
    evidence: {},
  }) as unknown as Signal;

/** Monitors that take so long; each time with another version. */
function slow(ms: number) {
  let times = 0;
  const signalsInUse = async (): Promise<Signal[]> => {
    times += 1;
    const version = `${times}`;
    await new Promise((resolve) => setTimeout(resolve, ms));
    return [signal(version)];
  };
  return { measured: new MeasuredSignals({ signalsInUse }), times: () => times };
}

const asked = async (measured: MeasuredSignals, waitMs: number) => {
  const answer = measured.samples();
  await vi.advanceTimersByTimeAsync(waitMs);
  return answer;
};

it('is worked out anew each time where that takes no time', async () => {
  const { measured, times } = slow(0);
  for (let i = 1; i <= 3; i++) {
    await asked(measured, 1);
    expect(times()).toBe(i);
    await vi.advanceTimersByTimeAsync(100);
  }
});

it('is told again for nine times as long as it took', async () => {
  const { measured, times } = slow(500);
  const first = await asked(measured, 500);
  expect(await asked(measured, 4_400)).toBe(first);
  expect(times()).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(await asked(measured, 500)).not.toBe(first);
  expect(times()).toBe(2);
});

it('is worked out once for all who ask meanwhile, and what was last is told to who waits for a second', async () => {
  const { measured, times } = slow(3_000);
  const [one, other] = [measured.samples(), measured.samples()];
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await one).toBe(await other);
  expect(times()).toBe(1);
  await vi.advanceTimersByTimeAsync(28_000);
  expect(await asked(measured, 1_000)).toBe(await one);
  expect(times()).toBe(2);
  expect(await asked(measured, 2_000)).not.toBe(await one);
});

it('is tried again after it failed', async () => {
  let fails = true;
  const signalsInUse = () => (fails ? Promise.reject(new Error('broken')) : Promise.resolve([signal('1')]));
  const measured = new MeasuredSignals({ signalsInUse });
  await expect(measured.samples()).rejects.toThrow('broken');
  fails = false;
  expect((await measured.samples()).length).toBeGreaterThan(0);
});
