/** Records by people and services that mean no good, or that are only unlucky: each of these has broken something once. */
import { eventTypes } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import { policiesWith } from '../../../stack/test-policy.ts';
import { Story, storyWorkflow } from '../../../stack/test-story.ts';
import { uniform } from '../statistics/index.ts';
import { Monitors, type MonitorSnapshot } from './monitors.ts';

const minute = 60_000;
type Wanted = Parameters<typeof policiesWith>[0];

function fold(story: Story, policy: Wanted = {}) {
  const monitors = new Monitors({ policies: policiesWith(policy) });
  const moved = monitors.observe(story.records);
  const of = (monitor: string) => moved.filter(({ signal }) => signal.monitor === monitor).map(({ signal }) => signal);
  const now = (monitor: string, subject: string | null = null) =>
    monitors.signals().find((signal) => signal.monitor === monitor && signal.subject === subject);
  return { monitors, moved, of, now };
}

describe('reviewers', () => {
  it('have each planted error counted once, and no undo held against them', () => {
    const story = new Story();
    const gold = { label: 'spam' };
    const decision = story.ai({ output: { label: 'ham' } });
    for (let i = 0; i < 40; i++) story.human(decision, { gold, action: 'reject' });
    story.human(decision, { gold, action: 'rollback' });
    expect(fold(story).now('reviewers', 'ann')?.evidence).toMatchObject({ golds: 1, caught: 1 });
  });

  it.each(['modify', 'reject'] as const)('who override what outcomes bear out are found, by %s alike', (action) => {
    const story = new Story();
    const next = uniform(3);
    for (let i = 0; i < 400; i++) {
      const decision = story.pass(minute).ai({ confidence: 0.95 });
      const overrides = next() < (i < 200 ? 0.1 : 0.8);
      story.human(decision, overrides ? { action, ...(action === 'modify' ? { output: { label: 'ham' } } : {}) } : {});
      story.outcome(decision, next() < 0.95 ? 'spam' : 'ham');
    }
    const { of } = fold(story, { override_rate: { baseline: 0.15 } });
    expect(of('reviewers').at(-1)).toMatchObject({ subject: 'ann', tier: 'action_required' });
    expect(of('attribution').at(-1)).toMatchObject({ subject: 'people' });
  });

  it('are judged though the outcome was there before them, whatever they are called', () => {
    const story = new Story();
    for (let i = 0; i < 60; i++) {
      const decision = story.pass(minute).ai();
      story.outcome(decision, 'spam');
      story.human(decision, { reviewer: '__proto__', action: 'reject' });
    }
    expect(fold(story).now('reviewers', '__proto__')).toMatchObject({ tier: 'action_required' });
  });

  it('and labels without number cost no more than a few', () => {
    const story = new Story();
    for (let i = 0; i < 300; i++) {
      const decision = story.pass(minute).ai({ output: { label: `m${i}` } });
      story.human(decision, { action: 'modify', output: { label: `h${i}` }, reviewer: `r${i % 3}` });
      story.human(decision, { action: 'modify', output: { label: `g${i}` }, reviewer: `r${(i + 1) % 3}` });
      story.outcome(decision, `o${i}`);
    }
    const { monitors } = fold(story);
    const cases = Object.values(
      monitors.snapshot().state.scopes.find(({ scope }) => scope.modelName === '*')?.states.reviewers?.cases.recent ??
        {},
    );
    expect(new Set(cases.flatMap(({ said, truth }) => [...said.map(({ label }) => label), truth]))).toEqual(
      new Set(['(another)']),
    );
  });
});

it('reviewers who come to agree on everything end the alert that they did not', () => {
  const story = new Story();
  const next = uniform(4);
  const cases = (count: number, say: () => string) => {
    for (let i = 0; i < count; i++) {
      const decision = story.pass(minute).ai();
      for (const reviewer of ['ann', 'ben'])
        story.human(decision, { reviewer, action: 'modify', output: { label: say() } });
    }
  };
  cases(150, () => (next() < 0.5 ? 'spam' : 'ham'));
  cases(400, () => 'ham');
  const { of, now } = fold(story, { override_rate: { baseline: 0.9 } });
  expect(of('reviewers').map(({ tier }) => tier)).toEqual(['action_required', null]);
  expect(now('reviewers')).toMatchObject({ conclusive: true, tier: null, value: null });
});

it('answers sent in another workflow before their decision count nowhere', () => {
  const story = new Story();
  const decision = story.ai();
  const early = new Story();
  early.outcome(decision, 'ham', {}, false);
  const other = early.outcome(decision, 'ham', {}, false);
  Object.assign(other, { firstAnswer: true });
  Object.assign(other.event.data, { workflow_id: 'another' });
  early.ai({ decision_id: decision.about.decisionId });
  const both = new Map([...policiesWith({}), ...[...policiesWith({}).values()].map((p) => ['another', p] as const)]);
  const monitors = new Monitors({ policies: both });
  monitors.observe(early.records);
  const outcomes = monitors.signals('accuracy').filter(({ subject }) => subject === null);
  expect(outcomes.map(({ workflow_id, evidence }) => [workflow_id, evidence['outcomes']])).toEqual([
    [storyWorkflow, 1],
  ]);
});

it('what overrides had told of drift ends when outcomes take over', () => {
  const story = new Story();
  const next = uniform(3);
  for (let i = 0; i < 1_700; i++) {
    story.human(story.pass(minute).ai(), { action: next() < (i < 1_300 ? 0.1 : 0.5) ? 'reject' : 'accept' });
  }
  for (let i = 0; i < 60; i++) story.outcome(story.pass(minute).ai(), 'spam');
  const tiers = fold(story)
    .of('concept_drift')
    .filter(({ subject }) => subject === 'overrides');
  expect(tiers.map(({ tier }) => tier)).toEqual(['info', null]);
});

it('alerts of a version end a day after another has taken its place', () => {
  const story = new Story();
  const policy = { override_rate: { baseline: 0.1 } };
  for (let i = 0; i < 80; i++) story.human(story.pass(minute).ai(), { action: 'reject' });
  for (let i = 0; i < 1_600; i++)
    story.human(story.pass(minute).ai({ version: '2.0.0' }), { action: i % 12 === 0 ? 'reject' : 'accept' });
  const last = fold(story, policy)
    .of('override_rate')
    .filter(({ subject }) => subject === null)
    .at(-1);
  expect(last).toMatchObject({ model_version: '1.0.0', tier: null, summary: /has decided nothing for a day/ as never });
});

it('a version that comes back is alerted of again', () => {
  const story = new Story();
  for (let i = 0; i < 80; i++) story.human(story.pass(minute).ai(), { action: 'reject' });
  for (let i = 0; i < 1_600; i++) story.pass(minute).ai({ version: '2.0.0', route: 'auto' });
  for (let i = 0; i < 80; i++) story.human(story.pass(minute).ai(), { action: 'reject' });
  const tiers = fold(story, { override_rate: { baseline: 0.1 } })
    .of('override_rate')
    .filter(({ subject }) => subject === null);
  expect(tiers.map(({ tier }) => tier)).toEqual([
    'info',
    'action_required',
    'incident',
    null,
    'info',
    'action_required',
    'incident',
  ]);
});

it('a shared reference changes nothing for a version that has its own', () => {
  const story = new Story();
  const decide = (count: number, length: number) => {
    for (let i = 0; i < count; i++) story.pass(minute).ai({ route: 'auto', features: { length: length + (i % 10) } });
  };
  const policy = { reference: { first: 300 }, input_drift: { window: 100 } };
  decide(300, 0);
  const [taken] = fold(story, policy).monitors.unrecordedReferences();
  if (taken === undefined) throw new Error('no reference was taken');
  const source = { is: 'import' as const, file: 'f', hash: 'h' };
  const say = (version: string | null) =>
    story.daemon({
      type: eventTypes.reference,
      data: { ...taken, model: { name: 'spam-logit', version }, reference: { ...taken.reference, source }, by: 'ann' },
    });
  say('1.0.0');
  decide(200, 50);
  say(null);
  decide(100, 50);
  expect(
    fold(story, policy)
      .of('input_drift')
      .map(({ tier }) => tier),
  ).not.toContain(null);
});

it('features at the ends of numbers and in halves of characters make a reference that can be recorded', () => {
  const story = new Story();
  for (let i = 0; i < 120; i++) {
    const text = `${'x'.repeat(99)}😀`;
    story.pass(minute).ai({ route: 'auto', features: { huge: i % 2 === 0 ? 1 : 1.7e308, text } });
  }
  const [taken] = fold(story, { reference: { first: 100 } }).monitors.unrecordedReferences();
  const json = JSON.stringify(taken);
  expect(JSON.parse(json)).toEqual(taken);
  expect(json.isWellFormed()).toBe(true);
  expect(taken?.reference.inputs['text']).toMatchObject({ categories: [expect.stringMatching(/^x+\ufffd$/)] });
});

it('model versions without number are let go of, the longest silent first', () => {
  const story = new Story();
  for (let i = 0; i < 1_100; i++) story.pass(minute).ai({ version: `${i}`, route: 'auto' });
  const { scopes } = fold(story).monitors.snapshot().state;
  expect(scopes.length).toBeLessThanOrEqual(1_000);
  expect(scopes.some(({ scope }) => scope.modelVersion === '1099')).toBe(true);
});

it('one at a time, in batches, and from a snapshot anywhere: the same movements and the same state', () => {
  for (let seed = 1; seed <= 12; seed++) {
    const story = anything(seed, 600);
    const alerts = {
      counts: [{ name: 'three', of: 'override' as const, at_least: 3, within: '1 hour', tier: 'incident' as const }],
      thresholds: [
        { signal: 'override_rate' as const, above: 0.4, until: 0.3, tier: 'info' as const },
        { signal: 'sla' as const, below: 0.9, tier: 'info' as const },
      ],
    };
    const policies = () =>
      policiesWith(
        {
          reference: { first: 100 },
          input_drift: { window: 60 },
          fairness: { segments: ['f0'] },
          override_rate: { learn_from: 200 },
        },
        { alerts },
      );
    const whole = new Monitors({ policies: policies() });
    const wanted = whole.observe(story.records);
    const next = uniform(seed + 1_000);
    let monitors = new Monitors({ policies: policies() });
    const moved = [];
    for (let at = 0; at < story.records.length;) {
      const size = 1 + Math.floor(next() * 40);
      moved.push(...monitors.observe(story.records.slice(at, at + size)));
      at += size;
      if (next() > 0.3) continue;
      const snapshot = JSON.parse(JSON.stringify(monitors.snapshot())) as MonitorSnapshot;
      monitors = new Monitors({ policies: policies(), snapshot });
    }
    expect(moved).toEqual(wanted);
    expect(JSON.stringify(monitors.snapshot())).toBe(JSON.stringify(whole.snapshot()));
    expect(JSON.stringify(monitors.signals())).toBe(JSON.stringify(whole.signals()));
  }
});

/** A story of everything that may come, by a seed. */
function anything(seed: number, steps: number): Story {
  const next = uniform(seed);
  const story = new Story();
  const pick = <T>(values: readonly T[]) => values[Math.floor(next() * values.length)] as T;
  const told = [story.ai()];
  for (let i = 0; i < steps; i++) {
    story.pass(minute * 20 * next());
    const decision = pick(told.slice(-30));
    const step = next();
    if (step < 0.5) {
      const features = { f0: pick(['a', 'b', 'constructor', '__proto__']), f1: pick([next(), null, 'text', true]) };
      const route = pick(['human', 'auto'] as const);
      told.push(
        story.ai({
          version: pick(['1', '2', '*']),
          confidence: next(),
          features,
          route,
          output: { label: pick(['spam', 'ham', null, 'x']) },
        }),
      );
    } else if (step < 0.75) {
      const gold = next() < 0.1 ? { gold: { label: 'spam' } } : {};
      const action = pick(['accept', 'reject', 'modify', 'escalate', 'rollback'] as const);
      story.human(
        decision,
        { action, reviewer: pick(['ann', 'ben', '__proto__']), output: { label: pick(['spam', 'ham']) }, ...gold },
        next() < 0.95,
      );
    } else if (step < 0.97)
      story.outcome(decision, pick(['spam', 'ham', 'y']), { cost: pick([0, 500]) }, next() < 0.95);
    else if (step < 0.98) story.breakerCloses();
    else {
      const model = { name: 'spam-logit', version: pick(['1', '2']), hash: `sha256:${'0'.repeat(64)}` };
      const data = {
        workflow_id: storyWorkflow,
        model,
        change: pick(['rolled_back', 'first_seen'] as const),
        by: 'ann',
        justification: '',
      };
      story.daemon({ type: eventTypes.model, data });
    }
  }
  return story;
}
