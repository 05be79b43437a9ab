/** Refs that travel in headers, there and back. */
import { headers as natsHeaders } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { extractRef, injectRef, parseRef, spanContextOf, type DecisionRef } from './ref.ts';

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

describe('a ref that was kept', () => {
  it.each([
    ['as an object', ref],
    ['as text', JSON.stringify(ref)],
  ])('is read %s', (_how, kept) => {
    expect(parseRef(kept)).toEqual(ref);
    expect(parseRef(kept, 'übersetzung')).toEqual(ref);
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'the ref of a decision ref is "{", it must be an object'],
    ['null', null, 'the ref of a decision ref is null'],
    ['another version', { ...ref, v: 2 }, 'v of a decision ref is 2, it must be 1'],
    ['no decision', { ...ref, decision_id: undefined }, 'decision_id of a decision ref is missing, it must be a text'],
    ['a number for a task', { ...ref, task_id: 7 }, 'task_id of a decision ref is 7'],
    ['a number for a trace', { ...ref, tracestate: 7 }, 'tracestate of a decision ref is 7'],
  ])('is refused when it is %s', (_what, kept, problem) => {
    expect(() => parseRef(kept)).toThrow(TypeError);
    expect(() => parseRef(kept)).toThrow(problem);
  });

  it('is refused when it is of another workflow', () => {
    expect(() => parseRef(ref, 'refunds')).toThrow(
      'workflow_id of a decision ref is "übersetzung", it must be "refunds"',
    );
  });
});

it('gives a link what the tracers had to say, and no link where there was no trace', () => {
  expect(spanContextOf(ref)?.traceState?.serialize()).toBe('vendor=x');
  expect(spanContextOf({ traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`, tracestate: null })).toBeNull();
});

it('is found in whatever case its name has come, and not where there are no headers', () => {
  const carrier: Record<string, string> = {};
  injectRef(ref, carrier);
  const value = carrier['decision-ref'] ?? '';
  expect(extractRef({ 'Decision-Ref': value })).toEqual(ref);
  const canonical = natsHeaders();
  canonical.set('Decision-Ref', value);
  expect(extractRef(canonical)).toEqual(ref);
  // A message of NATS may have none.
  expect([extractRef(undefined), extractRef(null)]).toEqual([null, null]);
});
