/** What monitors do with records that nobody should send, that come twice, or in another order than they happened. */
import { eventTypes, type MonitorsPolicy } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import { policiesWith, policyText } from '../../../stack/test-policy.ts';
import { Story, storyWorkflow, type Told } from '../../../stack/test-story.ts';
import { Monitors, type MonitorSnapshot } from './monitors.ts';

const minute = 60_000;
const fold = (story: Story, policy: MonitorsPolicy = {}) => {
  const monitors = new Monitors({ policies: policiesWith(policy) });
  return { monitors, moved: monitors.observe(story.records) };
};
const evidence = (monitors: Monitors, monitor: string, subject: string | null = null) =>
  monitors.signals().find((signal) => signal.monitor === monitor && signal.subject === subject)?.evidence;
const never: Told['about'] = { ...new Story().ai().about, decisionId: '0195f000-0000-7000-8000-ffffffffffff' };

describe('answers', () => {
  it('of an unknown decision wait for it, and count nowhere until it comes', () => {
    const story = new Story();
    const decision = story.pass(minute).ai();
    const { about } = decision;
    story.records.length = 0;
    const late = new Story({ index: 0 });
    late.outcome(decision, 'ham', {}, false);
    late.human(decision, { action: 'reject' }, false);
    late.outcome({ about: never }, 'ham', {}, false);
    const before = fold(late);
    expect(before.monitors.signals()).toEqual([]);
    expect(before.monitors.snapshot().state.unmatched).toMatchObject({ count: 3, dropped: 0 });
    late.ai({ decision_id: about.decisionId });
    const { monitors } = fold(late);
    expect(evidence(monitors, 'override_rate')).toMatchObject({ events: 1, hits: 1 });
    expect(evidence(monitors, 'accuracy')).toMatchObject({ outcomes: 1 });
    expect(monitors.snapshot().state.unmatched.count).toBe(1);
  });

  it('that never find their decision are let go of, the oldest first, and counted', () => {
    const story = new Story({ forgets: true });
    const monitors = new Monitors({ policies: policiesWith({}) });
    for (let i = 0; i < 10_050; i++) {
      const decisionId = `0195f000-0000-7000-8000-${i.toString(16).padStart(12, 'f')}`;
      monitors.observe([story.outcome({ about: { ...never, decisionId } }, 'ham', {}, false)]);
    }
    expect(monitors.snapshot().state.unmatched).toMatchObject({ count: 10_000, dropped: 50 });
  });

  it('count once: the first outcome of a decision, the first answer of a person', () => {
    const story = new Story();
    const decision = story.ai();
    story.outcome(decision, 'ham');
    story.outcome(decision, 'spam');
    story.human(decision, { action: 'reject' });
    story.human(decision, { action: 'accept', reviewer: 'ben' });
    const { monitors } = fold(story);
    expect(evidence(monitors, 'accuracy')).toMatchObject({ outcomes: 1, accuracy_interval: { lower: 0 } });
    expect(evidence(monitors, 'override_rate')).toMatchObject({ events: 1, hits: 1 });
  });

  it('to a task that nobody was asked about are complaints, and move no rate', () => {
    const story = new Story();
    const { lease_epoch: _, ...unasked } = { lease_epoch: 0, action: 'modify' as const, output: { label: 'ham' } };
    const record = story.human(story.ai({ route: 'auto' }), unasked);
    delete (record.event.data as { lease_epoch?: number }).lease_epoch;
    const { monitors } = fold(story);
    expect(evidence(monitors, 'override_rate')).toMatchObject({ events: 0 });
    expect(evidence(monitors, 'business', 'complaints')).toMatchObject({ complaints: 1 });
  });
});

it('a workflow without a policy is not watched, and nothing fails', () => {
  const story = new Story();
  story.ai({ workflow_id: 'another' });
  expect(fold(story).monitors.signals()).toEqual([]);
});

it('confidence at its ends, no label and no features are decisions like others', () => {
  const story = new Story();
  for (const confidence of [0, 1]) {
    for (const label of ['spam', 'ham', null]) {
      const decision = story.pass(minute).ai({ confidence, output: { label }, route: 'auto' });
      story.outcome(decision, 'spam');
      story.human(decision, { action: 'modify', output: { label: null } });
    }
  }
  const { monitors } = fold(story, { reference: { first: 100 } });
  for (const signal of monitors.signals()) {
    expect(JSON.parse(JSON.stringify(signal))).toEqual(signal);
    expect(JSON.stringify(signal.evidence)).not.toMatch(/NaN|Infinity/);
  }
});

describe('the policy that the ledger has', () => {
  const put = (story: Story, monitors: MonitorsPolicy) =>
    story.daemon({
      type: eventTypes.policy,
      data: {
        workflow_id: storyWorkflow,
        hash: `sha256:${'1'.repeat(64)}`,
        previous_hash: null,
        text: policyText(monitors),
      },
    });
  const reviews = (story: Story, count: number) => {
    for (let i = 0; i < count; i++) story.human(story.pass(minute).ai(), { action: i % 2 === 0 ? 'reject' : 'accept' });
  };
  const stated = (baseline: number) => ({ override_rate: { baseline, minimum_decisions: 30 } });

  it('holds from its record on, and what it changes is started afresh', () => {
    const story = new Story();
    put(story, stated(0.1));
    reviews(story, 120);
    put(story, stated(0.6));
    const changedAt = story.records.at(-1)?.index;
    reviews(story, 120);
    const { monitors, moved } = fold(story, stated(0.3));
    const tiers = moved.filter(({ signal }) => signal.monitor === 'override_rate' && signal.subject === null);
    expect(tiers.map(({ signal }) => signal.tier)).toEqual(['info', 'action_required', 'incident', null]);
    expect(tiers.at(-1)).toMatchObject({ logIndex: changedAt, signal: { summary: /The policy changed/ } as never });
    expect(evidence(monitors, 'override_rate')).toMatchObject({ events: 120, baseline: 0.6 });
  });

  it('is in the snapshot', () => {
    const story = new Story();
    put(story, stated(0.6));
    reviews(story, 20);
    const { monitors } = fold(story, stated(0.1));
    const snapshot = JSON.parse(JSON.stringify(monitors.snapshot())) as MonitorSnapshot;
    const restored = new Monitors({ policies: policiesWith(stated(0.1)), snapshot });
    expect(evidence(restored, 'override_rate')).toMatchObject({ baseline: 0.6, events: 20 });
  });
});

describe('references', () => {
  const decide = (story: Story, count: number, length: number) => {
    for (let i = 0; i < count; i++) story.pass(minute).ai({ route: 'auto', features: { length: length + (i % 10) } });
  };
  const policy = { reference: { first: 300 }, input_drift: { window: 100 } };

  it('are taken from the first decisions, frozen, and offered to the ledger once', () => {
    const story = new Story();
    decide(story, 400, 0);
    const { monitors } = fold(story, policy);
    const [taken, ...others] = monitors.unrecordedReferences();
    expect(others).toEqual([]);
    expect(taken).toMatchObject({
      model: { name: 'spam-logit', version: null },
      reference: { decisions: 300, source: { is: 'first_decisions' } },
    });
    if (taken === undefined) return;
    const recorded = story.daemon({ type: eventTypes.reference, data: { ...taken, by: 'daemon' } });
    monitors.observe([recorded]);
    expect(monitors.unrecordedReferences()).toEqual([]);
  });

  it('that somebody puts in force replace them, and end what was found against the old one', () => {
    const story = new Story();
    decide(story, 300, 0);
    decide(story, 200, 50);
    const other = new Story();
    decide(other, 300, 50);
    const [fifty] = fold(other, policy).monitors.unrecordedReferences();
    if (fifty === undefined) throw new Error('no reference was taken');
    const source = { is: 'import' as const, file: 'validation.jsonl', hash: 'sha256:1' };
    story.daemon({
      type: eventTypes.reference,
      data: { ...fifty, reference: { ...fifty.reference, source }, by: 'ann' },
    });
    decide(story, 200, 50);
    const { monitors, moved } = fold(story, policy);
    const drift = moved.filter(({ signal }) => signal.monitor === 'input_drift').map(({ signal }) => signal.tier);
    expect(drift[0]).toBe('action_required');
    expect(drift.at(-1)).toBeNull();
    expect(evidence(monitors, 'input_drift')).toMatchObject({ windows: 2 });
  });
});

it('a version that was rolled back moves nothing any more', () => {
  const story = new Story();
  const reviews = (count: number) => {
    for (let i = 0; i < count; i++) story.human(story.pass(minute).ai(), { action: 'reject' });
  };
  reviews(60);
  story.rollBack('1.0.0', '0.9.0');
  const end = story.records.length;
  reviews(60);
  const { moved } = fold(story, { override_rate: { baseline: 0.1 } });
  const standing = moved.filter(({ logIndex }) => logIndex >= end - 1);
  expect(
    standing.every(({ signal }) => signal.tier === null && signal.summary === 'Version 1.0.0 was rolled back.'),
  ).toBe(true);
  expect(standing.length).toBeGreaterThan(0);
});
