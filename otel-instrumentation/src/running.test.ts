/** Started by itself and by hand, in either order. */
import { afterEach, expect, it } from 'vitest';
import { begin, end, running, startByItself } from './running.ts';

// Nobody listens there.
const options = { source: 'test', natsUrl: 'nats://127.0.0.1:9', spool: false, onTrouble: () => undefined } as const;
afterEach(async () => end()?.shutdown(0));

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
