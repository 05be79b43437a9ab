/** Refs that travel in headers, there and back. */
import { headers as natsHeaders } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { extractRef, injectRef, type DecisionRef } from './ref.ts';

const ref: DecisionRef = {
  v: 1,
  traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  tracestate: 'vendor=x',
  decision_id: '0199c2f4-0000-7000-8000-000000000001',
  workflow_id: 'übersetzung',
  task_id: 'a task, "quoted"',
};

describe.each([
  ["NATS's", () => natsHeaders()],
  ["fetch's", () => new Headers()],
  ["Node's", () => ({})],
])('in %s headers', (_whose, make) => {
  it('arrives as it was', () => {
    const carrier = make();
    injectRef(ref, carrier);
    expect(extractRef(carrier)).toEqual(ref);
  });

  it('is none where there is none', () => {
    expect(extractRef(make())).toBeNull();
  });
});

it('goes through HTTP', async () => {
  const carrier = new Headers();
  injectRef(ref, carrier);
  // Throws for what is no header.
  expect(extractRef(new Request('http://localhost', { headers: carrier }).headers)).toEqual(ref);
});

it.each([
  ['no JSON', 'decision'],
  ['half of an escape', '%E0%A4%A'],
  ['a list', '%5B%5D'],
  ['another version', encodeURIComponent(JSON.stringify({ ...ref, v: 2 }))],
  ['a ref without its decision', encodeURIComponent(JSON.stringify({ ...ref, decision_id: '' }))],
  ['a trace that is a number', encodeURIComponent(JSON.stringify({ ...ref, traceparent: 5 }))],
  ['something huge', 'x'.repeat(100_000)],
])('does not take %s for a ref', (_what, value) => {
  expect(extractRef({ 'decision-ref': value })).toBeNull();
});
