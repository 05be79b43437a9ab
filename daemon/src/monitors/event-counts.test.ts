/** Alerts in an operator's own terms: plain counts and plain thresholds. */
import type { AlertsPolicy, AlertTier } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import { policiesWith } from '../../../stack/test-policy.ts';
import { Story } from '../../../stack/test-story.ts';
import { Monitors } from './monitors.ts';

const minute = 60_000;

/** The tiers that an alert moved to. */
function tiersOf(story: Story, alerts: AlertsPolicy, monitor: string, subject: string | null): (AlertTier | null)[] {
  const monitors = new Monitors({ policies: policiesWith({ positive_label: 'spam' }, { alerts }) });
  return monitors
    .observe(story.records)
    .filter(({ signal }) => signal.monitor === monitor && signal.subject === subject)
    .map(({ signal }) => signal.tier);
}

describe('counts', () => {
  const wrong = { name: 'Wrong', of: 'false_positive', at_least: 3, within: '1 hour', tier: 'incident' } as const;
  const counted = (story: Story, rule: NonNullable<AlertsPolicy['counts']>[number] = wrong) =>
    tiersOf(story, { counts: [rule] }, 'event_counts', rule.name);
  const reject = (story: Story, label = 'spam') => story.human(story.ai({ output: { label } }), { action: 'reject' });

  it('open on three false positives in an hour, and end when the hour is over', () => {
    const story = new Story();
    reject(story, 'ham');
    for (let i = 0; i < 3; i++) reject(story.pass(20 * minute));
    expect(counted(story)).toEqual(['incident']);
    story.pass(65 * minute).ai();
    expect(counted(story)).toEqual(['incident', null]);
  });

  it('do not open on three in more than an hour', () => {
    const story = new Story();
    for (let i = 0; i < 6; i++) reject(story.pass(31 * minute));
    expect(counted(story)).toEqual([]);
  });

  it('count again after the breaker has closed', () => {
    const story = new Story();
    for (let i = 0; i < 3; i++) reject(story);
    story.breakerCloses();
    for (let i = 0; i < 3; i++) reject(story);
    expect(counted(story)).toEqual(['incident', null, 'incident']);
  });

  it('take one decision for one, however often somebody rejects it', () => {
    const story = new Story();
    const decision = story.ai({ route: 'auto' });
    for (let i = 0; i < 5; i++) {
      const record = story.human(decision, { action: 'reject' });
      delete (record.event.data as { lease_epoch?: number }).lease_epoch;
    }
    expect(counted(story)).toEqual([]);
  });

  it('find a model that is unsure about a critical decision, and only that', () => {
    const rule = { name: 'Unsure', of: 'decision', within: '1 hour', tier: 'action_required' } as const;
    const unsure = { ...rule, risk_tiers: ['high' as const], confidence_below: 0.6 };
    const story = new Story();
    story.ai({ risk_tier: 'high', confidence: 0.6 });
    story.ai({ risk_tier: 'medium', confidence: 0.2 });
    expect(counted(story, unsure)).toEqual([]);
    story.ai({ risk_tier: 'high', confidence: 0.59 });
    expect(counted(story, unsure)).toEqual(['action_required']);
  });

  it('find a review that came after its window', () => {
    const rule = { name: 'SLA breached', of: 'late_review', within: '1 day', tier: 'action_required' } as const;
    const story = new Story();
    const [soon, late] = [story.ai(), story.ai()];
    story.pass(15 * minute);
    story.human(soon);
    expect(counted(story, rule)).toEqual([]);
    story.pass(1);
    story.human(late);
    expect(counted(story, rule)).toEqual(['action_required']);
  });
});

describe('thresholds', () => {
  const above = { signal: 'override_rate', above: 0.5, until: 0.4, tier: 'action_required' } as const;
  const moved = (story: Story, rule: NonNullable<AlertsPolicy['thresholds']>[number] = above) =>
    tiersOf(story, { thresholds: [rule] }, 'override_rate', null);
  const review = (story: Story, count: number, action: 'accept' | 'reject') => {
    for (let i = 0; i < count; i++) story.human(story.pass(2_000).ai(), { action });
  };

  it('open above the value, and end only when it is back far enough', () => {
    const story = new Story();
    review(story, 60, 'accept');
    review(story, 30, 'reject');
    expect(moved(story)).toEqual(['action_required']);
    // Of the last 50, half are overrides.
    review(story, 25, 'accept');
    expect(moved(story)).toEqual(['action_required']);
    expect(moved(story, { signal: 'override_rate', above: 0.5, tier: 'action_required' })).toEqual([
      'action_required',
      null,
    ]);
    review(story, 5, 'accept');
    expect(moved(story)).toEqual(['action_required', null]);
  });

  it('say nothing while too little is known', () => {
    const story = new Story();
    review(story, 30, 'reject');
    expect(moved(story)).toEqual([]);
  });
});
