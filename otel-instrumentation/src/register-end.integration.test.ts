/** How programs end that were started with `register`: by themselves, by a signal, at once; and that nothing they recorded is lost. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer as createPeer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { register, startServiceStage, type ServiceStage } from '../../stack/test-services.ts';

let stage: ServiceStage;
beforeAll(async () => (stage = await startServiceStage(inject('natsServer'))));
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

const run: ServiceStage['run'] = (...rest) => stage.run(...rest);
const events = () => stage.events();

it.each([
  ['SIGTERM', null],
  ['exit', 3],
])('loses nothing when it ends by %s', async (how, code) => {
  const service = { args: [how] };
  expect(await run('test-services/stopped.mjs', service)).toMatchObject({ code, err: '' });
  const tasks = async () => new Set((await events()).map(({ subject }) => subject));
  // What was not sent any more is sent by the next process.
  if (how === 'exit') await run('test-services/stopped.mjs', { args: ['SIGTERM'] });
  expect(await tasks()).toEqual(new Set(['one', 'two']));
  expect((await events()).length).toBe(how === 'exit' ? 4 : 2);
});

it.each([
  ['asks', ['one']],
  ['takes its time', ['one', 'two']],
  ['thinks by itself', ['one', 'two']],
  ['leaves one open', ['one']],
  ['has a thread decide', ['one']],
  ['closes its server', ['one']],
  ['looks at its input', ['one']],
])('lets a program that %s end by itself, with all that it recorded', async (what, tasks) => {
  expect(await run('test-services/short.mjs', { args: [what] })).toEqual({ code: 0, out: '', err: '' });
  expect((await events()).map(({ subject }) => subject)).toEqual(tasks);
});

it.each(['reads its input', 'hears its parent', 'has a peer'])(
  'stays with NATS while a program %s, though nothing else goes on',
  async (what) => {
    expect(await run('test-services/short.mjs', { args: [what] })).toEqual({ code: 0, out: 'connected\n', err: '' });
    expect(await events()).toHaveLength(1);
  },
);

it.each(['exits at once', 'exits while it shuts down'])('loses nothing of a program that %s', async (what) => {
  expect(await run('test-services/short.mjs', { args: [what] })).toEqual({ code: 0, out: '', err: '' });
  await run('test-services/short.mjs', { args: ['asks'] });
  expect(await events()).toHaveLength(2);
});

it('stays with a program that waits for a timer while NATS is away', async () => {
  const ended = await run('test-services/short.mjs', { args: ['waits'], env: { NATS_URL: 'nats://127.0.0.1:1' } });
  expect([ended.code, ended.out]).toEqual([0, '1 spooled, 1 dropped\n']);
});

it.each([
  // It is kept for the next process.
  ['waits for the start', 0],
  // Until it is told to end: somebody waits for verdicts.
  ['follows', null],
])('lets a program that %s go on without NATS', async (what, code) => {
  const away = { NATS_URL: 'nats://127.0.0.1:1' };
  const ended = await run('test-services/short.mjs', { args: [what], env: away });
  expect(ended).toMatchObject({ code, out: '' });
  expect(new Set(ended.err.split('\n'))).toEqual(
    new Set(['countersign: NATS cannot be reached at nats://127.0.0.1:1: connection refused. Check NATS_URL.', '']),
  );
});

it('lets a program end whose NATS freezes, or takes nothing, or says nothing', async () => {
  const freezes = await run('test-services/short.mjs', { args: ['has its NATS freeze', String(stage.natsPid)] });
  process.kill(stage.natsPid, 'SIGCONT');
  expect([freezes.code, freezes.out]).toEqual([0, '']);
  // The next process sends what is left.
  await run('test-services/short.mjs', { args: ['asks'] });
  expect((await events()).map(({ subject }) => subject)).toContain('two');
  const silent = createPeer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const env = { NATS_URL: `nats://127.0.0.1:${(silent.address() as AddressInfo).port}` };
  const says = await run('test-services/short.mjs', { args: ['asks'], env });
  expect([says.code, says.out]).toEqual([0, '']);
  silent.close();
  await stage.withoutStream(async () => {
    expect(await run('test-services/short.mjs', { args: ['asks'] })).toMatchObject({ code: 0, out: '' });
  });
  await run('test-services/short.mjs', { args: ['asks'] });
});

it('does not keep a person waiting who presses Ctrl-C again, and loses nothing by it', async () => {
  const env = { NATS_URL: 'nats://127.0.0.1:1', COUNTERSIGN_SPOOL: join(stage.directory, 'told-twice') };
  const service = { args: ['is told to end twice'], env };
  expect(await run('test-services/short.mjs', service)).toMatchObject({ code: null, out: '' });
  const [left = ''] = readdirSync(env.COUNTERSIGN_SPOOL, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.events'),
  );
  expect(readFileSync(join(env.COUNTERSIGN_SPOOL, left), 'utf8')).toContain('"task_id":"one"');
});

it('ends by a signal though it is loaded twice', async () => {
  const imports = [register, `${pathToFileURL(register).href}?again`];
  const before = performance.now();
  expect(await stage.run('test-services/stopped.mjs', { args: ['SIGTERM'], imports })).toMatchObject({ code: null });
  expect(performance.now() - before).toBeLessThan(10_000);
  expect((await stage.events()).map(({ subject }) => subject)).toEqual(['one', 'two']);
});
