/** Started by itself and by hand, in either order. */
import { afterEach, expect, it } from 'vitest';
import { begin, dropped, end, flushAll, pendingOfAll, running, startAhead, startByItself } from './running.ts';

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

it('says what went wrong before it was needed when it is', async () => {
  const said: string[] = [];
  startByItself({ ...options, onTrouble: (message) => said.push(message) });
  await startAhead();
  expect(said).toEqual([]);
  running();
  expect(said).toEqual([expect.stringContaining('NATS cannot be reached at nats://127.0.0.1:9')]);
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

it('ends once, for all who want it to', async () => {
  begin(options).decision(about, (decision) => decision.output({ label: 'yes' }, 0.9));
  const first = end(300);
  const began = performance.now();
  expect([pendingOfAll(), await flushAll(10)]).toEqual([1, false]);
  // It would be over at once, and the first cut short.
  await end(0);
  expect(performance.now() - began).toBeGreaterThan(200);
  await first;
  expect([pendingOfAll(), dropped()]).toEqual([0, 1]);
});

it('lets the service go on when it cannot start by itself', () => {
  const said: string[] = [];
  startByItself({ ...options, hashKey: 'short', onTrouble: (message) => said.push(message) });
  expect([running(), running()]).toEqual([null, null]);
  expect(said).toEqual([expect.stringContaining('nothing is recorded: the option hashKey has 5 bytes')]);
});

it('hands back what the work gave, whatever that is', async () => {
  const began = begin(options);
  const secretive = new Proxy(
    {},
    {
      get: () => {
        throw new Error('not for you');
      },
    },
  );
  const give = <T>(what: T) =>
    began.decision(about, (decision) => {
      decision.output({ label: 'yes' }, 0.9);
      return what;
    });
  expect(give(secretive) === secretive).toBe(true);
  const inner = () =>
    began.decision(about, async function* (decision) {
      decision.output({ label: 'yes' }, 0.9);
      yield 1;
      yield 2;
    });
  const before = began.pending;
  const outer = give(inner());
  // Neither has ended before what they give is read.
  expect(began.pending).toBe(before);
  const read = await Array.fromAsync(outer);
  expect([read, began.pending]).toEqual([[1, 2], before + 2]);
});

it('leaves to a person what is asked wrongly', () => {
  const began = begin(options);
  expect(began.ask({} as never)).toMatchObject({ route: 'human', reason: 'authority_lost' });
});
