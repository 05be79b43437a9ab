/**
 * A service that takes as many decisions a second as it is told, and says at the end what became of them, on one line of JSON.
 * A process of its own, so that nothing else is in its way.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { trace } from '@opentelemetry/api';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import * as countersign from '@countersign/otel-instrumentation';
import { nanosecondsEach } from './figure.ts';

export interface DecisionsTaken {
  readonly taken: number;
  readonly seconds: number;
  readonly dropped: number;
  readonly spooledAtEnd: number;
  /** Longest that the event loop was held up, 99 % of the time, and ever: ms. */
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  /** After collection: when it was warm, and when all was sent; bytes. */
  readonly heapBefore: number;
  readonly heapAfter: number;
  readonly drainSeconds: number;
  /** One answer of the guard, which has heard its document: ns. */
  readonly guardNs: number;
}

const [perSecond = 0, seconds = 0, justificationBytes = 0] = process.argv.slice(2).map(Number);
const roundMs = 5;
trace.setGlobalTracerProvider(new TracerProvider());
// NATS and this process share the machine, so that some of it waits: on disk, with room for all.
const spool = { mostBytes: 1_073_741_824 };
await countersign.start({ source: 'bench', spool, onTrouble: (text) => process.stderr.write(`${text}\n`) });

const options = {
  workflow: 'w',
  model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
  riskTier: 'low' as const,
  reversible: true,
  input: { content: 'x'.repeat(2_048) },
};
const question = { ...options, task: 't', confidence: 0.9 };
while (countersign.guard(question).route !== 'auto') await new Promise((resolve) => setTimeout(resolve, 10));
const guardNs = nanosecondsEach(200_000, () => countersign.guard(question));

const justification = 'because '.repeat(Math.ceil(justificationBytes / 8) || 1);
let taken = 0;
const take = (count: number) => {
  for (const end = taken + count; taken < end; taken++) {
    countersign.decision({ ...options, task: `t${taken}` }, (decision) => {
      decision.output({ label: 'yes', scores: { yes: 0.9, no: 0.1 } }, 0.9);
      decision.propose('accept', justification);
    });
  }
};
const heap = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

take(5_000);
await countersign.flush(60_000);
const heapBefore = heap();
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const warm = taken;
const began = performance.now();
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const passed = Math.min((performance.now() - began) / 1_000, seconds);
    take(Math.max(Math.floor(passed * perSecond) - (taken - warm), 0));
    if (passed < seconds) return;
    clearInterval(timer);
    resolve();
  }, roundMs);
});
const ended = performance.now();
delay.disable();
const spooledAtEnd = countersign.spooled();
await countersign.flush(300_000);
const drained = performance.now();
const said: DecisionsTaken = {
  taken,
  seconds: (ended - began) / 1_000,
  dropped: countersign.dropped(),
  spooledAtEnd,
  loopP99Ms: delay.percentile(99) / 1e6,
  loopMaxMs: delay.max / 1e6,
  heapBefore,
  heapAfter: heap(),
  drainSeconds: (drained - ended) / 1_000,
  guardNs,
};
process.stdout.write(`${JSON.stringify(said)}\n`);
await countersign.shutdown(1_000);
process.exit(0);
