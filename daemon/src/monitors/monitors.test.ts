/** Each monitor with the fault that it is for, and silent without it. */
import type { AiDecision, Features, MonitorsPolicy, Policy } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import { policiesWith } from '../../../stack/test-policy.ts';
import { Story } from '../../../stack/test-story.ts';
import { uniform } from '../statistics/index.ts';
import { Monitors } from './monitors.ts';

const minute = 60_000;

function fold(story: Story, monitors: MonitorsPolicy = {}, change: Partial<Policy> = {}) {
  const folded = new Monitors({ policies: policiesWith(monitors, change) });
  const moved = folded.observe(story.records);
  const of = (monitor: string) => moved.filter(({ signal }) => signal.monitor === monitor).map(({ signal }) => signal);
  const now = (monitor: string, subject: string | null = null) =>
    folded.signals().find((signal) => signal.monitor === monitor && signal.subject === subject);
  return { moved, of, now };
}

const normal = (next: () => number) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
const small = { reference: { first: 1_000 }, input_drift: { window: 200 }, prediction_drift: { window: 200 } };

describe('input drift', () => {
  const decide = (story: Story, count: number, features: (next: () => number) => Features, seed: number) => {
    const next = uniform(seed);
    for (let i = 0; i < count; i++) story.pass(minute).ai({ features: features(next), route: 'auto' });
  };
  const usual = (next: () => number): Features => ({
    length: Math.exp(normal(next)),
    language: next() < 0.7 ? 'en' : 'de',
    has_html: next() < 0.5,
  });

  it('is silent while nothing changes, through twenty windows', () => {
    const story = new Story();
    decide(story, 5_000, usual, 1);
    expect(fold(story, small).moved).toEqual([]);
  });

  it.each<[string, string, (next: () => number) => Features]>([
    ['a numeric feature that shifts', 'length', (next) => ({ ...usual(next), length: Math.exp(1 + normal(next)) })],
    ['a share that changes', 'language', (next) => ({ ...usual(next), language: next() < 0.3 ? 'en' : 'de' })],
    ['a feature that goes missing', 'has_html', (next) => ({ ...usual(next), has_html: null })],
    [
      'a feature that is left out',
      'length',
      (next) => ({ language: usual(next)['language'] ?? null, has_html: next() < 0.5 }),
    ],
    ['a feature that changes its type', 'length', (next) => ({ ...usual(next), length: String(next()) })],
    [
      'a category that was never seen',
      'language',
      (next) => ({ ...usual(next), language: next() < 0.5 ? 'fr' : 'en' }),
    ],
  ])('finds %s, and names it first', (_name, feature, changed) => {
    const story = new Story();
    decide(story, 2_000, usual, 1);
    decide(story, 1_000, changed, 2);
    const [first] = fold(story, small)
      .of('input_drift')
      .filter(({ tier }) => tier === 'action_required');
    expect(first?.evidence['features']).toMatchObject([{ feature, significant: true }, {}, {}]);
  });

  it('tells of a few unseen categories that move no distribution', () => {
    const story = new Story();
    decide(story, 2_000, usual, 1);
    decide(story, 400, (next) => ({ ...usual(next), language: next() < 0.05 ? 'tlh' : 'en' }), 2);
    const { of } = fold(story, { ...small, input_drift: { window: 200, info: 5, action_required: 10 } });
    expect(of('input_drift').map(({ tier }) => tier)).toEqual(['info']);
  });

  it('ends when the inputs are as before', () => {
    const story = new Story();
    decide(story, 2_000, usual, 1);
    decide(story, 600, (next) => ({ ...usual(next), length: 100 + next() }), 2);
    decide(story, 600, usual, 3);
    expect(
      fold(story, small)
        .of('input_drift')
        .map(({ tier }) => tier)
        .at(-1),
    ).toBeNull();
  });

  it('never compares the reference with itself, and does not judge eight rows', () => {
    const story = new Story();
    decide(story, 1_000, usual, 1);
    decide(story, 8, () => ({ length: 1e6, language: 'xx', has_html: false }), 2);
    expect(fold(story, small).now('input_drift')).toMatchObject({ conclusive: false, evidence: { in_window: 8 } });
  });

  it('takes ten thousand categories, and names that every object has, for what they are', () => {
    const story = new Story();
    let n = 0;
    const hostile = (): Features => ({
      id: `user-${n++}`,
      constructor: 'x',
      ['__proto__']: 'y',
      toString: 3,
    });
    decide(story, 10_000, hostile, 1);
    const { moved, now } = fold(story, small);
    expect(moved).toEqual([]);
    const features = now('input_drift')?.evidence['features'] as { feature: string }[];
    expect(features.map(({ feature }) => feature).toSorted()).toEqual(['__proto__', 'constructor', 'id', 'toString']);
    expect({}).not.toHaveProperty('numbers');
  });
});

describe('prediction drift', () => {
  const decide = (
    story: Story,
    count: number,
    spam: number,
    confidence: (next: () => number) => number,
    seed: number,
    more: Partial<AiDecision> & { version?: string } = {},
  ) => {
    const next = uniform(seed);
    for (let i = 0; i < count; i++) {
      const label = next() < spam ? 'spam' : 'ham';
      story.pass(minute).ai({ output: { label }, confidence: confidence(next), route: 'auto', ...more });
    }
  };
  const usual = (next: () => number) => 0.6 + 0.4 * next();

  it('is silent while the answers are alike', () => {
    const story = new Story();
    decide(story, 4_000, 0.3, usual, 1);
    expect(fold(story, small).moved).toEqual([]);
  });

  it('finds labels and confidence that move', () => {
    const story = new Story();
    decide(story, 2_000, 0.3, usual, 1);
    decide(story, 600, 0.7, usual, 2);
    expect(fold(story, small).of('prediction_drift')[0]?.evidence['features']).toMatchObject([
      { feature: 'label' },
      {},
    ]);
    const timid = new Story();
    decide(timid, 2_000, 0.3, usual, 1);
    decide(timid, 600, 0.3, (next) => 0.5 + 0.2 * next(), 2);
    expect(fold(timid, small).of('prediction_drift')[0]?.evidence['features']).toMatchObject([
      { feature: 'confidence' },
      {},
    ]);
  });

  it('compares a new version with what the model was', () => {
    const story = new Story();
    decide(story, 2_000, 0.3, usual, 1);
    decide(story, 600, 0.8, usual, 2, { version: '2.0.0' });
    const [first] = fold(story, small).of('prediction_drift');
    expect(first).toMatchObject({ model_version: '2.0.0' });
  });
});

/** Decisions with an outcome each: right with the chance that `right` gives for the confidence. */
function outcomes(
  story: Story,
  count: number,
  right: (confidence: number) => number,
  seed: number,
  features?: (next: () => number) => Features,
) {
  const next = uniform(seed);
  for (let i = 0; i < count; i++) {
    const confidence = 0.55 + 0.44 * next();
    const decision = story
      .pass(minute)
      .ai({ confidence, route: 'auto', ...(features === undefined ? {} : { features: features(next) }) });
    story.outcome(decision, next() < right(confidence) ? 'spam' : 'ham');
  }
}

describe('concept drift and calibration', () => {
  it('are silent where confidence means what it says', () => {
    const story = new Story();
    outcomes(story, 8_000, (confidence) => confidence, 1);
    const { moved, now } = fold(story);
    expect(moved).toEqual([]);
    expect(now('calibration')).toMatchObject({ conclusive: true });
    expect(now('concept_drift', 'outcomes')).toMatchObject({ conclusive: true });
  });

  it('find a model that has become wrong more often', () => {
    const story = new Story();
    outcomes(story, 3_000, (confidence) => confidence, 1);
    outcomes(story, 1_500, (confidence) => confidence - 0.25, 2);
    const { of, now } = fold(story);
    expect(of('concept_drift').map(({ tier }) => tier)).toContain('incident');
    expect(of('calibration').map(({ tier }) => tier)).toContain('incident');
    expect(now('calibration')?.summary).toMatch(/too sure of itself/);
    expect(now('attribution', 'model')?.summary).toMatch(/^The model is the cause\./);
  });

  it('find a model that is too sure of itself though it is right as often as before', () => {
    const story = new Story();
    outcomes(story, 4_000, () => 0.77, 1);
    const { of, now } = fold(story);
    expect(of('concept_drift')).toEqual([]);
    expect(of('calibration').length).toBeGreaterThan(0);
    const evidence = now('calibration')?.evidence as {
      slope: number;
      slope_interval: [number, number];
      curve: unknown[];
    };
    expect(Math.abs(evidence.slope)).toBeLessThan(0.3);
    expect(evidence.slope_interval[1]).toBeLessThan(1);
    expect(evidence.curve.length).toBeGreaterThan(10);
  });

  it('go by what people override while outcomes are not there', () => {
    const story = new Story();
    const next = uniform(3);
    for (let i = 0; i < 2_000; i++) {
      const decision = story.pass(minute).ai();
      story.human(decision, { action: next() < (i < 1_400 ? 0.1 : 0.4) ? 'reject' : 'accept' });
    }
    const { of } = fold(story);
    expect(of('concept_drift').map(({ subject, tier }) => [subject, tier])).toEqual([['overrides', 'info']]);
  });

  it('has no slope for a single class, and says why', () => {
    const story = new Story();
    outcomes(story, 400, () => 1, 1);
    expect(fold(story).now('calibration')?.evidence).toMatchObject({
      slope: null,
      reason: 'all outcomes are the same',
    });
  });
});

describe('accuracy', () => {
  it('reports precision, recall, coverage of the cohorts that are old enough, and what waits', () => {
    const story = new Story();
    const decide = (answer: string, truth: string | null) => {
      const decision = story.pass(minute).ai({ output: { label: answer }, route: 'auto' });
      if (truth !== null) story.outcome(decision, truth);
    };
    for (let i = 0; i < 30; i++) decide('spam', 'spam');
    for (let i = 0; i < 10; i++) decide('spam', 'ham');
    for (let i = 0; i < 50; i++) decide('ham', 'ham');
    for (let i = 0; i < 10; i++) decide('ham', 'spam');
    for (let i = 0; i < 25; i++) decide('ham', null);
    story.pass(10 * 86_400_000);
    decide('ham', null);
    const found = fold(story).now('accuracy');
    expect(found).toMatchObject({
      value: 0.8,
      evidence: { outcomes: 100, waiting_for_outcome: 26, label_coverage_of_mature: 0.8 },
    });
    expect(found?.evidence['labels']).toMatchObject([
      { label: 'spam', precision: 0.75, recall: 0.75, false_positive_rate: 10 / 60 },
      { label: 'ham', precision: 50 / 60, recall: 50 / 60, false_positive_rate: 0.25 },
    ]);
    expect(found?.evidence['cohorts']).toMatchObject([{ mature: true }, { mature: false, decided: 1, labelled: 0 }]);
  });

  it('estimates accuracy before outcomes arrive, with an interval that holds the truth', () => {
    const story = new Story();
    outcomes(story, 3_000, (confidence) => confidence - 0.1, 1);
    const next = uniform(9);
    let right = 0;
    for (let i = 0; i < 1_000; i++) {
      const confidence = 0.75 + 0.24 * next();
      story.pass(minute).ai({ confidence, route: 'auto' });
      right += confidence - 0.1;
    }
    const estimate = fold(story).now('accuracy', 'estimate');
    const { lower, upper } = (estimate?.evidence ?? {}) as { lower: number; upper: number };
    expect(lower).toBeLessThan(right / 1_000);
    expect(upper).toBeGreaterThan(right / 1_000);
    expect(upper - lower).toBeLessThan(0.1);
  });
});

describe('reviewers', () => {
  const golds = (story: Story, reviewer: string, count: number, caught: number) => {
    for (let i = 0; i < count; i++) {
      const decision = story.pass(minute).ai({ output: { label: 'ham' } });
      const gold = { label: 'spam' };
      story.human(
        decision,
        i < caught ? { reviewer, gold, action: 'modify', output: { label: 'spam' } } : { reviewer, gold },
      );
    }
  };

  it('finds who misses planted errors', () => {
    const story = new Story();
    golds(story, 'ann', 25, 24);
    golds(story, 'ben', 25, 8);
    const { of, now } = fold(story);
    expect(of('reviewers').map(({ subject, tier }) => [subject, tier])).toEqual([['ben', 'action_required']]);
    expect(now('reviewers', 'ann')).toMatchObject({
      conclusive: true,
      tier: null,
      value: expect.closeTo(0.96, 1) as number,
    });
    expect(now('reviewers', 'ben')?.evidence).toMatchObject({ catch_rate: expect.closeTo(0.28, 1) as number });
  });

  it('says nothing of who overrides little, without planted errors', () => {
    const story = new Story();
    for (let i = 0; i < 500; i++)
      story.human(story.pass(minute).ai(), { reviewer: 'ann', review_ms: 900, queue_ms: 60_000 });
    const { moved, now } = fold(story);
    expect(moved).toEqual([]);
    const evidence = now('reviewers', 'ann')?.evidence as { approval_rate: number; review_ms: { p50: number } };
    expect(evidence).toMatchObject({ approval_rate: 1, override_rate: 0, reviews: 500 });
    expect(Math.abs(evidence.review_ms.p50 - 900) / 900).toBeLessThan(0.03);
  });

  it('finds reviewers who do not agree, and is silent where they do', () => {
    const cases = (noise: number) => {
      const story = new Story();
      const next = uniform(4);
      for (let i = 0; i < 200; i++) {
        const truth = next() < 0.5 ? 'spam' : 'ham';
        const decision = story.pass(minute).ai({ output: { label: 'spam' } });
        for (const reviewer of ['ann', 'ben', 'cleo']) {
          const label = next() < noise ? (next() < 0.5 ? 'spam' : 'ham') : truth;
          story.human(decision, { reviewer, action: 'modify', output: { label } });
        }
      }
      return fold(story, { override_rate: { baseline: 0.9 } });
    };
    expect(cases(0.05).of('reviewers')).toEqual([]);
    const noisy = cases(0.8);
    expect(noisy.of('reviewers').at(-1)).toMatchObject({ subject: null, tier: 'action_required' });
    const quality = noisy.now('reviewers', 'ann')?.evidence['dawid_skene_quality'];
    expect(typeof quality).toBe('number');
  });
});

describe('latency and data sources', () => {
  it('finds decisions that take too long, and is silent while few do', () => {
    const policy = { latency: { within: '100 milliseconds' } };
    const story = new Story();
    for (let i = 0; i < 2_000; i++) story.pass(minute).ai({ latency_ms: i % 25 === 0 ? 150 : 20, route: 'auto' });
    const { moved, now } = fold(story, policy);
    expect(moved).toEqual([]);
    expect(now('latency')?.evidence['p50_ms']).toBeCloseTo(20, -0.5);
    for (let i = 0; i < 300; i++) story.pass(minute).ai({ latency_ms: i % 4 === 0 ? 150 : 20, route: 'auto' });
    expect(fold(story, policy).of('latency').at(-1)).toMatchObject({ tier: 'action_required' });
  });

  it('finds data that is old, and data that is not there', () => {
    const story = new Story();
    for (let i = 0; i < 500; i++) story.pass(minute).ai({ route: 'auto' });
    expect(fold(story).moved).toEqual([]);
    const old = () => ({ sources: [{ name: 'inbox', fresh_at: new Date(story.now - 3_600_000).toISOString() }] });
    for (let i = 0; i < 50; i++) story.pass(minute).ai({ route: 'auto', provenance: old() });
    expect(fold(story).of('data_sources').at(-1)).toMatchObject({
      subject: 'inbox: freshness',
      tier: 'action_required',
    });
    for (let i = 0; i < 50; i++) story.pass(minute).ai({ route: 'auto', provenance: {} });
    expect(fold(story).of('data_sources').at(-1)).toMatchObject({
      subject: 'inbox: availability',
      tier: 'action_required',
    });
  });
});

describe('SLA', () => {
  const sla = {
    P1: { risk_tiers: ['high' as const], within: '5 minutes' },
    P2: { risk_tiers: ['medium' as const], within: '15 minutes' },
    P3: { risk_tiers: ['low' as const], within: '4 hours' },
  };
  const answer = (story: Story, afterMinutes: number, count: number) => {
    for (let i = 0; i < count; i++) {
      const decision = story.pass(minute).ai();
      story.pass(afterMinutes * minute);
      story.human(decision);
    }
  };

  it('is silent while people are in time, and finds when they are not', () => {
    const story = new Story();
    answer(story, 5, 300);
    expect(fold(story, {}, { sla }).moved).toEqual([]);
    answer(story, 20, 60);
    const late = fold(story, {}, { sla })
      .of('sla')
      .filter(({ subject }) => subject === null);
    expect(late.at(-1)).toMatchObject({ tier: 'action_required' });
  });

  it('counts business hours only, where the policy says so', () => {
    const calendar = {
      time_zone: 'Europe/Berlin',
      days: ['mon' as const, 'tue' as const, 'wed' as const, 'thu' as const, 'fri' as const],
      from: '09:00',
      to: '17:00',
    };
    const business = { ...sla, P2: { risk_tiers: ['medium' as const], within: '2 business hours' }, calendar };
    const story = new Story({ from: '2026-04-10T14:00:00Z' });
    for (let week = 0; week < 25; week++) {
      // Queued on Friday at 16:00 there, decided on Monday at 09:30: half an hour after work began.
      const decision = story.ai();
      story.pass((2 * 24 + 17.5) * 60 * minute).human(decision);
      story.pass((4 * 24 + 6.5) * 60 * minute);
    }
    const within = fold(story, {}, { sla: business });
    expect(within.now('sla')).toMatchObject({ value: 1, conclusive: true });
    expect(fold(story, {}, { sla }).now('sla')).toMatchObject({ value: 0 });
  });

  it('foresees a breach from the queue, before any case is late', () => {
    const story = new Story();
    answer(story, 2, 50);
    // Sixty at once, while people take two minutes for one; none is late for a quarter of an hour.
    for (let i = 0; i < 60; i++) story.ai();
    for (let i = 0; i < 12; i++) story.pass(minute).ai({ route: 'auto' });
    const { of, now } = fold(story, {}, { sla });
    expect(of('sla')).toMatchObject([
      { subject: 'forecast', tier: 'info' },
      { subject: 'forecast', tier: 'action_required' },
    ]);
    expect(now('sla', 'forecast')?.evidence).toMatchObject({ overdue: 0, waiting: 60 });
  });

  it('foresees nothing through a healthy month, nights and weekends included', () => {
    const story = new Story();
    const next = uniform(8);
    for (let day = 0; day < 30; day++) {
      for (let i = 0; i < 150; i++) {
        const decision = story.pass(minute * 8 * next()).ai();
        story.pass(minute * 2 * (0.5 + next()));
        story.human(decision);
      }
      story.pass(8 * 60 * minute);
    }
    expect(fold(story, {}, { sla }).of('sla')).toEqual([]);
  });

  it('does not count a case that nobody answers for ever', () => {
    const story = new Story();
    for (let i = 0; i < 5; i++) story.ai();
    for (let hour = 0; hour < 24 * 16; hour++) story.pass(60 * minute).ai({ route: 'auto' });
    const { of } = fold(story, {}, { sla });
    expect(of('sla').map(({ tier }) => tier)).toEqual(['info', 'action_required', null]);
  });
});

describe('business', () => {
  it('finds errors that cost too much, and adds up what outcomes say', () => {
    const run = (cost: number) => {
      const story = new Story();
      for (let i = 0; i < 300; i++) {
        const decision = story.pass(minute).ai({ route: 'auto' });
        story.outcome(decision, 'spam', {
          cost: i % 10 === 0 ? cost : 0,
          revenue: 7,
          complaints: i % 100 === 0 ? 1 : 0,
        });
      }
      return fold(story, { business: { error_cost_at_most: 50, complaints_at_most: 0.05 } });
    };
    expect(run(400).of('business')).toEqual([]);
    const dear = run(4_000);
    expect(dear.of('business').at(-1)).toMatchObject({
      subject: 'error cost',
      tier: 'action_required',
      value: expect.closeTo(400, -1) as number,
    });
    expect(dear.now('business', 'revenue')?.evidence).toMatchObject({ revenue: 2_100 });
    expect(dear.now('business', 'complaints')).toMatchObject({ value: 3 });
  });
});

describe('fairness', () => {
  const monitors = { fairness: { segments: ['region'] } };
  const run = (south: number) => {
    const story = new Story();
    const next = uniform(6);
    for (let i = 0; i < 1_500; i++) {
      const region = next() < 0.3 ? 'south' : 'north';
      const decision = story.pass(minute).ai({ route: 'auto', confidence: 0.9, features: { region } });
      story.outcome(decision, next() < (region === 'south' ? south : 0.1) ? 'ham' : 'spam');
    }
    return fold(story, monitors);
  };

  it('is silent where groups fare alike, and finds one that does not', () => {
    expect(run(0.1).of('fairness')).toEqual([]);
    const found = run(0.35);
    expect(found.of('fairness')[0]).toMatchObject({ subject: 'region', tier: 'action_required' });
    expect(found.now('fairness', 'region')?.summary).toMatch(/wrong in 3\d.* of south and .* of the rest/);
  });
});

describe('attribution', () => {
  const policy = { override_rate: { baseline: 0.15, minimum_decisions: 30, minimum_lift: 0.1 }, ...small };
  const review = (
    story: Story,
    count: number,
    overrides: number,
    seed: number,
    change: { version?: string; features?: Features; right?: boolean } = {},
  ) => {
    const next = uniform(seed);
    for (let i = 0; i < count; i++) {
      const decision = story.pass(minute).ai({
        version: change.version ?? '1.0.0',
        features: change.features ?? { length: normal(next) },
      });
      const isOverride = next() < overrides;
      story.human(decision, isOverride ? { action: 'modify', output: { label: 'ham' } } : {});
      if (isOverride && change.right !== undefined) story.outcome(decision, change.right ? 'ham' : 'spam');
    }
  };
  const causes = (story: Story) =>
    fold(story, policy)
      .of('attribution')
      .map(({ subject, tier }) => [subject, tier]);

  it('is silent while nothing moves', () => {
    const story = new Story();
    review(story, 2_000, 0.1, 1);
    expect(causes(story)).toEqual([]);
  });

  it('names the model when overrides rise, inputs stay, and nothing speaks against the people', () => {
    const story = new Story();
    review(story, 1_500, 0.1, 1);
    review(story, 200, 0.5, 2, { version: '1.1.0' });
    expect(causes(story)).toEqual([['model', 'info']]);
  });

  it('names the inputs when they have moved', () => {
    const story = new Story();
    review(story, 1_500, 0.1, 1);
    review(story, 400, 0.1, 2, { features: { length: 50 } });
    review(story, 200, 0.5, 3, { features: { length: 50 } });
    expect(causes(story)).toEqual([['inputs', 'info']]);
  });

  it('names the people when outcomes do not bear out what they change', () => {
    const story = new Story();
    review(story, 1_500, 0.1, 1);
    review(story, 200, 0.5, 2, { right: false });
    expect(causes(story).at(-1)).toEqual(['people', 'info']);
  });

  it('names both when the model is wrong more often and a reviewer misses planted errors', () => {
    const story = new Story();
    outcomes(
      story,
      2_000,
      (confidence) => confidence,
      1,
      (next) => ({ length: normal(next) }),
    );
    for (let i = 0; i < 25; i++) {
      story.human(story.pass(minute).ai({ output: { label: 'ham' } }), { reviewer: 'ben', gold: { label: 'spam' } });
    }
    outcomes(
      story,
      1_000,
      (confidence) => confidence - 0.3,
      2,
      (next) => ({ length: normal(next) }),
    );
    expect(causes(story).at(-1)).toEqual(['model and people', 'info']);
  });
});

describe('what is in use', () => {
  const day = 86_400_000;
  const decide = (story: Story, version: string, count: number) => {
    for (let i = 0; i < count; i++) story.pass(minute).ai({ version, route: 'auto' });
  };
  const versionsOf = async (story: Story) => {
    const folded = new Monitors({ policies: policiesWith({}, {}) });
    folded.observe(story.records);
    const signals = await folded.signalsInUse();
    return [...new Set(signals.map(({ model_version }) => model_version))];
  };

  it('is each version that has decided within a day, the newest first, and what people do', async () => {
    const story = new Story();
    decide(story, '1.0.0', 3);
    decide(story, '2.0.0', 3);
    expect(await versionsOf(story)).toEqual(expect.arrayContaining(['2.0.0', '1.0.0', '*']));
    expect((await versionsOf(story)).filter((version) => version !== '*')).toEqual(['2.0.0', '1.0.0']);
  });

  it('is not one that another has long followed, and is the last one however long it has been silent', async () => {
    const story = new Story();
    decide(story, '1.0.0', 3);
    story.pass(2 * day);
    decide(story, '2.0.0', 3);
    expect(await versionsOf(story)).not.toContain('1.0.0');
    const quiet = new Story();
    decide(quiet, '1.0.0', 3);
    quiet.pass(5 * day).human(quiet.ai({ version: '1.0.0', route: 'human' }), { action: 'accept' });
    expect(await versionsOf(quiet)).toContain('1.0.0');
  });

  it('is not one that was rolled back', async () => {
    const story = new Story();
    decide(story, '1.0.0', 3);
    decide(story, '2.0.0', 3);
    story.rollBack('2.0.0', '1.0.0');
    expect((await versionsOf(story)).filter((version) => version !== '*')).toEqual(['1.0.0']);
  });
});
