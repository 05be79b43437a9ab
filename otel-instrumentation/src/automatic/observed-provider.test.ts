import { trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { ObservedTracerProvider } from './observed-provider.ts';

const observer = { onStart: () => undefined, onEnd: () => undefined, wantsUnsampled: () => false };

it('sends what the observed provider has, for who asks the provider itself', async () => {
  const asked: string[] = [];
  const sdk = {
    getTracer: (name: string) => trace.getTracer(name),
    forceFlush: () => Promise.resolve(void asked.push('forceFlush')),
    shutdown: () => Promise.resolve(void asked.push('shutdown')),
  };
  const observed = new ObservedTracerProvider(sdk, observer);
  await observed.forceFlush();
  await observed.shutdown();
  expect(asked).toEqual(['forceFlush', 'shutdown']);
});

it('has nothing to send of a provider that has nothing', async () => {
  const bare = { getTracer: (name: string) => trace.getTracer(name) };
  await expect(new ObservedTracerProvider(bare, observer).forceFlush()).resolves.toBeUndefined();
});
