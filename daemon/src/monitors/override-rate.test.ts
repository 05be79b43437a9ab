import { describe, expect, it } from 'vitest';
import { policiesWith } from '../../../stack/test-policy.ts';
import { Story } from '../../../stack/test-story.ts';
import { uniform } from '../statistics/index.ts';
import { Monitors } from './monitors.ts';

const minute = 60_000;
const stated = { override_rate: { baseline: 0.18, minimum_decisions: 30, minimum_lift: 0.1 } };

/** Reviews a minute apart, of which `rate` are overrides; as the same seed has it. */
function reviews(
  story: Story,
  count: number,
  rate: number,
  seed = 1,
  change: { reviewer?: string; confidence?: number } = {},
) {
  const next = uniform(seed);
  for (let i = 0; i < count; i++) {
    const decision = story.pass(minute).ai({ confidence: change.confidence ?? 0.8 });
    story.human(decision, { action: next() < rate ? 'reject' : 'accept', reviewer: change.reviewer ?? 'ann' });
  }
}

const fold = (story: Story, policies = policiesWith(stated)) => {
  const monitors = new Monitors({ policies });
  return { monitors, moved: monitors.observe(story.records) };
};
const tiersOf = (moved: ReturnType<typeof fold>['moved'], subject: string | null = null) =>
  moved
    .filter(({ signal }) => signal.monitor === 'override_rate' && signal.subject === subject)
    .map(({ signal }) => signal.tier);
const found = (monitors: Monitors, subject: string | null = null) =>
  monitors.signals('override_rate').find((signal) => signal.subject === subject);

describe('the override rate', () => {
  it('climbs through the tiers when people change half of the answers', () => {
    const story = new Story();
    reviews(story, 200, 0.5);
    expect(tiersOf(fold(story).moved)).toEqual(['info', 'action_required', 'incident']);
  });

  it('is silent at the usual rate, however long', () => {
    const story = new Story();
    reviews(story, 5_000, 0.15);
    expect(fold(story).moved).toEqual([]);
  });

  it('is inconclusive, not healthy, while there is little data', () => {
    const story = new Story();
    reviews(story, 10, 0.1);
    expect(found(fold(story).monitors)).toMatchObject({ conclusive: false, tier: null });
  });

  it('ends when a whole window is healthy, and then starts afresh', () => {
    const story = new Story();
    reviews(story, 200, 0.5);
    reviews(story, 60, 0.1, 2);
    const { monitors, moved } = fold(story);
    expect(tiersOf(moved)).toEqual(['info', 'action_required', 'incident', null]);
    expect(Number(found(monitors)?.evidence['e_value'])).toBeLessThan(1e-3);
  });

  it('is settled when the breaker closes', () => {
    const story = new Story();
    reviews(story, 200, 0.5);
    story.breakerCloses();
    const { monitors, moved } = fold(story);
    expect(moved.filter(({ signal }) => signal.monitor === 'override_rate').at(-1)?.signal).toMatchObject({
      tier: null,
      conclusive: false,
    });
    expect(found(monitors)).toMatchObject({ tier: null, conclusive: false });
  });

  it('counts no complaint about an automatic decision, no second answer, and no decision that it never saw', () => {
    const story = new Story();
    const automatic = story.ai({ route: 'auto' });
    const { lease_epoch: _, ...unasked } = { lease_epoch: 1, action: 'modify' as const };
    story.human(automatic, { ...unasked, lease_epoch: undefined as never });
    const asked = story.ai();
    story.human(asked, { action: 'reject' });
    story.human(asked, { action: 'reject', reviewer: 'ben' });
    story.human(
      { about: { ...asked.about, decisionId: '0195f000-0000-7000-8000-ffffffffffff' } },
      { action: 'reject' },
      false,
    );
    // A canary is automatic, but a person was asked.
    story.human(story.ai({ route: 'auto' }), { action: 'reject', lease_epoch: 1 });
    expect(found(fold(story).monitors)?.evidence).toMatchObject({ events: 2, hits: 2 });
  });

  it('finds what hides in one band of confidence', () => {
    const story = new Story();
    const policies = policiesWith({ override_rate: { learn_from: 400, minimum_decisions: 50 } });
    for (let round = 0; round < 10; round++) {
      reviews(story, 100, 0.2, round, { confidence: 0.6 });
      reviews(story, 100, 0.05, round + 50, { confidence: 0.95 });
    }
    for (let round = 0; round < 4; round++) {
      reviews(story, 100, 0.2, round + 100, { confidence: 0.6 });
      reviews(story, 100, 0.25, round + 150, { confidence: 0.95 });
    }
    const { moved } = fold(story, policies);
    expect(tiersOf(moved, 'confidence up to 0.7')).toEqual([]);
    expect(tiersOf(moved, 'confidence 0.9 to 1')).toContain('incident');
  });

  it('believes a reviewer who is no better than a coin less', () => {
    const shown = (borneOut: boolean) => {
      const story = new Story();
      const next = uniform(5);
      for (let i = 0; i < 120; i++) {
        const decision = story.pass(minute).ai();
        const overrides = next() < 0.5;
        story.human(decision, overrides ? { action: 'modify', output: { label: 'ham' } } : {});
        story.outcome(decision, overrides === borneOut ? 'ham' : 'spam');
      }
      return Number(found(fold(story).monitors)?.evidence['e_value']);
    };
    // Outcomes say that every one of these answers was right; or every one wrong.
    expect(shown(true)).toBeGreaterThan(1);
    expect(shown(false)).toBeLessThan(shown(true) / 1e6);
  });

  it('comes out the same from a saved state', () => {
    const story = new Story();
    reviews(story, 100, 0.15);
    reviews(story, 200, 0.5, 2);
    const whole = fold(story);
    const half = new Monitors({ policies: policiesWith(stated) });
    const before = half.observe(story.records.slice(0, 250));
    const snapshot = JSON.parse(JSON.stringify(half.snapshot())) as ReturnType<Monitors['snapshot']>;
    const rest = new Monitors({ policies: policiesWith(stated), snapshot });
    expect([...before, ...rest.observe(story.records)]).toEqual(whole.moved);
    expect(JSON.stringify(rest.snapshot())).toBe(JSON.stringify(whole.monitors.snapshot()));
  });
});
