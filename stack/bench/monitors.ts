/** What an event costs all monitors together, whether memory stays flat over ten million of them, and what saving costs. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eventTypes, type Features } from '../../contract/src/index.ts';
import type { LedgerRecord } from '../../daemon/src/ledger/index.ts';
import { Monitors, type MonitorSnapshot } from '../../daemon/src/monitors/index.ts';
import { uniform } from '../../daemon/src/statistics/index.ts';
import { policiesWith } from '../test-policy.ts';
import { Story } from '../test-story.ts';
import { atMost, type Figure } from './figure.ts';

const [pairs, prepared, batch] = [200, 20_000, 100];

const microseconds = (n: number) => `${(n / 1_000).toFixed(2)} µs`;
const megabytes = (n: number) => `${(n / 1_048_576).toFixed(0)} MB`;

export async function benchmarkMonitors(events: number): Promise<Figure[]> {
  const policies = policiesWith({
    latency: { within: '100 milliseconds' },
    fairness: { segments: ['f0'] },
    business: { error_cost_at_most: 50 },
    override_rate: { baseline: 0.2 },
    concept_drift: { baseline: 0.2 },
  });
  const monitors = new Monitors({ policies });
  const all = prepareRecords();
  let index = 0;
  const start = Date.parse('2026-01-05T00:00:00Z');
  /** The prepared events over and over, a second's hundred recorded at a time; ids come again, which costs the same. */
  const feed = (count: number) => {
    for (let done = 0; done < count; done += batch) {
      const at = index % prepared;
      const records = all.slice(at, at + batch);
      const recordedAt = new Date(start + index * 10).toISOString();
      for (const record of records) {
        record.index = index++;
        record.recordedAt = recordedAt;
        vary(record);
      }
      monitors.observe(records);
    }
  };

  // References are taken, and windows fill, until about a third.
  feed(events / 2);
  const before = heap();
  const started = process.hrtime.bigint();
  feed(events / 2);
  const each = Number(process.hrtime.bigint() - started) / (events / 2);
  const after = heap();

  const saving = process.hrtime.bigint();
  const text = JSON.stringify(monitors.snapshot());
  const saved = Number(process.hrtime.bigint() - saving);
  const restoring = process.hrtime.bigint();
  const restored = new Monitors({ policies, snapshot: JSON.parse(text) as MonitorSnapshot });
  const restoredIn = Number(process.hrtime.bigint() - restoring);
  if (restored.nextIndex !== index) throw new Error('the snapshot did not restore');
  const seconds = (n: number) => `${(n / 1e9).toFixed(2)} s`;
  return [
    atMost('an event of 10 features, all monitors (7 % reviews, 20 % outcomes)', each, 5_000, microseconds),
    {
      what: `heap after ${events / 2e6} M and after ${events / 1e6} M events, ${pairs} workflow × model pairs`,
      measured: `${megabytes(before)}, ${megabytes(after)}`,
      goal: 'flat: at most 5 % more',
      met: after <= before * 1.05,
    },
    atMost(`snapshot of ${megabytes(text.length)}`, saved, 1e9, seconds),
    atMost('restore', restoredIn, 1e9, seconds),
  ];
}

/** Chance answers anew each time, or the same luck over and over would look like a change. */
function vary({ event, about }: Mutable): void {
  if (event.type === eventTypes.outcome) {
    event.data.label = next() < (about?.confidence ?? 0) ? (about?.label ?? '') : 'other';
  } else if (event.type === eventTypes.humanDecision) event.data.action = next() < 0.15 ? 'reject' : 'accept';
}

const next = uniform(2);

type Mutable = { -readonly [K in keyof LedgerRecord]: LedgerRecord[K] };

/** Garbage has to be gone, or it would be measured with the rest. */
function heap(): number {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

/** Decisions of all pairs in turn, some with a review, some with an outcome. */
function prepareRecords(): Mutable[] {
  const story = new Story({ forgets: true });
  const records: Mutable[] = [];
  for (let i = 0; records.length < prepared; i++) {
    const features: Features = Object.fromEntries(
      Array.from({ length: 10 }, (_, f) => [`f${f}`, f < 3 ? `c${Math.floor(next() * 8)}` : next() * 100]),
    );
    const confidence = 0.8 + 0.2 * next();
    const label = next() < 0.3 ? 'spam' : 'ham';
    const route = next() < 0.1 ? 'human' : 'auto';
    const decision = story.pass(10).ai({ version: `1.${i % pairs}.0`, features, confidence, output: { label }, route });
    records.push(decision.record);
    if (route === 'human')
      records.push(
        story.human(decision, {
          reviewer: `r${i % 7}`,
          action: next() < 0.15 ? 'reject' : 'accept',
          review_ms: 20_000,
        }),
      );
    if (next() < 0.28) records.push(story.outcome(decision, next() < confidence ? label : 'other', { cost: 0 }));
  }
  return records.slice(0, prepared);
}
