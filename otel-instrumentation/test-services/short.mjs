// Programs that do their work and end, each as its first argument says.
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { connect, createServer as createPeer } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { isMainThread, Worker } from 'node:worker_threads';
import {
  decision,
  dropped,
  flush,
  guard,
  shutdown,
  spooled,
  start,
  startDecision,
  verdicts,
} from '@countersign/otel-instrumentation';

const about = {
  workflow: 'quick-start',
  task: 'one',
  model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
  riskTier: 'low',
  reversible: true,
  input: { content: 'what came in' },
};
const yes = (d) => d.output({ label: 'yes' }, 0.9);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Says whether NATS is still there after a while, which nothing waits for. */
function sayWhetherConnected() {
  const sockets = () => process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
  setTimeout(() => {
    console.log(sockets() === 1 ? 'connected' : 'let go');
    process.exit(0);
  }, 2_000).unref();
}

switch (process.argv[2]) {
  case 'looks at its input':
    if (!process.stdin.isTTY) decision(about, yes);
    break;
  case 'reads its input':
    decision(about, yes);
    process.stdin.on('data', () => undefined);
    sayWhetherConnected();
    break;
  case 'hears its parent':
    if (process.send === undefined) {
      await once(fork(import.meta.filename, process.argv.slice(2)), 'exit');
    } else {
      decision(about, yes);
      process.on('message', () => undefined);
      sayWhetherConnected();
    }
    break;
  case 'has a peer': {
    const path = process.argv[3] ?? join(process.env.COUNTERSIGN_SPOOL, '..', 'peer');
    if (process.argv[3] === undefined) {
      const peer = createPeer().listen(path);
      await once(fork(import.meta.filename, ['has a peer', path]), 'exit');
      peer.close();
    } else {
      process.channel.unref();
      decision(about, yes);
      connect(path);
      sayWhetherConnected();
    }
    break;
  }
  case 'is told to end twice':
    decision(about, yes);
    setInterval(() => undefined, 60_000);
    setTimeout(() => process.kill(process.pid, 'SIGINT'), 300);
    setTimeout(() => process.kill(process.pid, 'SIGINT'), 1_500);
    setTimeout(() => console.log('still waits'), 4_000);
    break;
  case 'has its NATS freeze':
    // Connected first.
    decision(about, yes);
    await flush();
    process.kill(Number(process.argv[3]), 'SIGSTOP');
    decision({ ...about, task: 'two' }, yes);
    break;
  case 'knows its authority':
    console.log(guard({ ...about, workflow: 'known' }).reason);
    break;
  case 'asks':
    guard(about);
    decision(about, (d) => {
      yes(d);
      d.authority();
    });
    break;
  case 'takes its time':
    decision(about, yes);
    await decision({ ...about, task: 'two' }, async (d) => {
      await sleep(2_500);
      yes(d);
    });
    break;
  case 'thinks by itself':
    decision(about, yes);
    await decision({ ...about, task: 'two' }, async (d) => {
      // On threads that do not show among what keeps a process alive.
      const until = performance.now() + 2_000;
      while (performance.now() < until) await promisify(pbkdf2)('', '', 100_000, 32, 'sha512');
      yes(d);
    });
    break;
  case 'has a thread decide':
    if (isMainThread) await once(new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) }), 'exit');
    else decision(about, yes);
    break;
  case 'leaves one open':
    decision(about, yes);
    startDecision({ ...about, task: 'two' });
    break;
  case 'waits':
    decision(about, () => undefined);
    decision(about, yes);
    await sleep(1_500);
    console.log(`${spooled()} spooled, ${dropped()} dropped`);
    process.exit(0);
    break;
  case 'waits for the start':
    await start({ source: 'short' });
    decision(about, yes);
    break;
  case 'follows':
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), 2_000);
    await verdicts('quick-start', () => undefined);
    break;
  case 'exits while it shuts down':
    decision(about, yes);
    void shutdown();
    process.exit(0);
    break;
  case 'exits at once':
    decision(about, yes);
    process.exit(0);
    break;
  case 'closes its server': {
    const server = createServer().listen(0, () => {
      decision(about, yes);
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), 300);
    });
    process.on('SIGTERM', () => server.close());
    break;
  }
}
