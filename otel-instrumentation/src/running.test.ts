/** Started by itself and by hand, in either order. */
import { afterEach, expect, it } from 'vitest';
import { begin, dropped, end, running, startByItself } from './running.ts';

// Nobody listens there.
const options = { source: 'test', natsUrl: 'nats://127.0.0.1:9', spool: false, onTrouble: () => undefined } as const;
const about = {
  workflow: 'w',
  task: 't',
  model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
  riskTier: 'low' as const,
  reversible: true,
  input: { content: 'what came in' },
};
afterEach(() => end(0));

it('makes room for a start by hand, once', async () => {
  startByItself({ ...options, source: 'by itself' });
  expect(running()?.source).toBe('by itself');
  expect(begin(options).source).toBe('test');
  expect(running()?.source).toBe('test');
  expect(() => begin(options)).toThrow('started already');
});

it('makes no room when the service has told it what to do about rollbacks', () => {
  startByItself(options);
  running()?.compensations('w', {});
  expect(() => begin(options)).toThrow('call start() of @countersign/otel-instrumentation before decider()');
});

it('does not forget between two starts of its own what it lost; a start by hand begins with nothing', async () => {
  startByItself({ ...options, queueLimit: 0 });
  running()?.decision(about, (decision) => decision.output({ label: 'yes' }, 0.9));
  expect(dropped()).toBe(1);
  await end(0);
  expect(dropped()).toBe(1);
  running();
  expect(dropped()).toBe(1);
  begin(options);
  expect(dropped()).toBe(0);
});

it('takes what ends after that with which it began', async () => {
  startByItself(options);
  const decision = running()?.startDecision(about);
  decision?.output({ label: 'yes' }, 0.9);
  await end(0);
  decision?.end();
  expect([running()?.pending, dropped()]).toEqual([1, 0]);
});
