/**
 * What is in the picture of a loop: boxes, each in a lane, and links between them, as the policy has it. The upper band is
 * the way of a case towards a decision, the lower one what comes of it.
 */
import { strictest, type EscalationTier, type LoopMap, type RiskTier } from '@countersign/contract';

export const lanes = ['data', 'ai', 'policy', 'people', 'harms'] as const;
export type Lane = (typeof lanes)[number];
export const bands = [0, 1] as const;

type Loop = LoopMap['loop'];

export type Content =
  | { readonly is: 'source'; readonly source: Loop['data_sources'][number] }
  | { readonly is: 'decision'; readonly point: Loop['decision_points'][number] }
  | { readonly is: 'rule'; readonly tier: RiskTier }
  | { readonly is: 'queue' | 'roles' | 'breaker' | 'alone' | 'service' | 'outcomes' | 'alerts' }
  | { readonly is: 'told'; readonly nth: number; readonly tier: EscalationTier }
  | { readonly is: 'harm'; readonly harm: Loop['harms'][number] };

export interface Box {
  readonly id: string;
  readonly lane: Lane;
  readonly band: (typeof bands)[number];
  readonly content: Content;
}

/** Whose turn it is along a link: the case is on its way, the AI acts alone, people decide, or something is learnt. */
export type Tone = 'case' | 'alone' | 'people' | 'learnt';
export type Side = 'left' | 'right' | 'top' | 'bottom';

interface LinkKind {
  readonly tone: Tone;
  readonly leaves: Side;
  readonly enters: Side;
  /** Where it has to pass other lanes: the band beneath which it does. */
  readonly beneath?: (typeof bands)[number];
}

/** In the order in which they get their tracks between two lanes, from the left. */
export const linkKinds = {
  reads: { tone: 'case', leaves: 'right', enters: 'left' },
  learns: { tone: 'learnt', leaves: 'right', enters: 'left' },
  proposes: { tone: 'case', leaves: 'right', enters: 'left' },
  permits: { tone: 'alone', leaves: 'right', enters: 'right' },
  asks: { tone: 'people', leaves: 'right', enters: 'left' },
  stops: { tone: 'people', leaves: 'right', enters: 'left' },
  hands: { tone: 'people', leaves: 'bottom', enters: 'top' },
  passes: { tone: 'alone', leaves: 'left', enters: 'right' },
  acts: { tone: 'alone', leaves: 'bottom', enters: 'top' },
  judges: { tone: 'people', leaves: 'left', enters: 'right', beneath: 0 },
  measures: { tone: 'learnt', leaves: 'right', enters: 'left', beneath: 1 },
  reports: { tone: 'learnt', leaves: 'left', enters: 'right' },
  reaches: { tone: 'case', leaves: 'right', enters: 'left', beneath: 1 },
  complains: { tone: 'learnt', leaves: 'right', enters: 'left', beneath: 1 },
  opens: { tone: 'learnt', leaves: 'top', enters: 'bottom' },
  tells: { tone: 'learnt', leaves: 'right', enters: 'left' },
  climbs: { tone: 'learnt', leaves: 'bottom', enters: 'top' },
} as const satisfies Record<string, LinkKind>;
export type LinkName = keyof typeof linkKinds;

export interface Link {
  readonly kind: LinkName;
  /** Ids of boxes. */
  readonly from: string;
  readonly to: string;
  /** Whether anything can take this way as the breakers stand now. */
  readonly flows: boolean;
}

/** The gravest first: what people decide is next to the people. */
const riskTiers: readonly RiskTier[] = ['high', 'medium', 'low'];

export const modelsOf = ({ loop }: LoopMap): string[] => [...new Set(loop.decision_points.map(({ model }) => model))];

/** The risk tiers of which the policy lets the AI do something alone. */
export const tiersAlone = ({ automation }: LoopMap): RiskTier[] =>
  riskTiers.filter((tier) => [automation[tier].reversible, automation[tier].irreversible].includes('automatic'));

export function boxesOf({ loop, escalation }: LoopMap): Box[] {
  const sources = loop.data_sources.map((source) => ({ is: 'source', source }) as const);
  const decisions = loop.decision_points.map((point) => ({ is: 'decision', point }) as const);
  const rules = riskTiers.map((tier) => ({ is: 'rule', tier }) as const);
  const told = escalation.tiers.map((tier, nth) => ({ is: 'told', nth, tier }) as const);
  const harms = loop.harms.map((harm) => ({ is: 'harm', harm }) as const);
  return [
    ...stack('data', 0, sources),
    ...stack('data', 1, [{ is: 'outcomes' }]),
    ...stack('ai', 0, decisions),
    ...stack('ai', 1, [{ is: 'alone' }, { is: 'service' }]),
    ...stack('policy', 0, rules),
    ...stack('policy', 1, [{ is: 'breaker' }, { is: 'alerts' }]),
    ...stack('people', 0, [{ is: 'queue' }, { is: 'roles' }]),
    ...stack('people', 1, told),
    ...stack('harms', 1, harms),
  ];
}

/** Names may come twice in a policy, so places tell the boxes of a kind apart. */
const stack = (lane: Lane, band: Box['band'], contents: readonly Content[]): Box[] =>
  contents.map((content, place) => ({
    id: content.is === 'rule' ? `rule-${content.tier}` : `${content.is}-${place}`,
    lane,
    band,
    content,
  }));

export function linksOf(map: LoopMap): Link[] {
  const ids = Map.groupBy(boxesOf(map), ({ content }) => content.is);
  const of = (is: Content['is']): string[] => (ids.get(is) ?? []).map(({ id }) => id);
  const link = (kind: LinkName, from: readonly string[], to: readonly string[], flows = true): Link[] =>
    from.flatMap((one) => to.map((other) => ({ kind, from: one, to: other, flows })));
  const alone = tiersAlone(map);
  const told = of('told');
  const passing = alone.filter((tier) => statesOf(map, tier).some(({ canary_share }) => canary_share > 0));
  const isStopping = alone.some((tier) => statesOf(map, tier).some(({ state }) => state !== 'closed'));
  return [
    ...link('reads', of('source'), of('decision')),
    ...link('proposes', of('decision'), of('rule')),
    ...link('asks', of('rule'), of('queue')),
    ...alone.flatMap((tier) => link('permits', [`rule-${tier}`], of('breaker'), passing.includes(tier))),
    ...link('stops', of('breaker'), of('queue'), isStopping),
    ...link('passes', of('breaker'), of('alone'), passing.length > 0),
    ...link('acts', of('alone'), of('service'), passing.length > 0),
    ...link('hands', of('queue'), of('roles')),
    ...link('judges', of('roles'), of('service')),
    ...link('reaches', of('service'), of('harm')),
    ...link('reports', of('service'), of('outcomes')),
    ...link('complains', of('harm'), of('outcomes')),
    ...link('learns', of('outcomes'), of('decision')),
    ...link('measures', of('outcomes'), of('alerts')),
    ...link('opens', of('alerts'), of('breaker')),
    ...link('tells', of('alerts'), told.slice(0, 1)),
    ...told.slice(1).flatMap((id, place) => link('climbs', told.slice(place, place + 1), [id])),
  ];
}

/** Of each model, what its breakers say of a risk tier. */
const statesOf = (map: LoopMap, tier: RiskTier) => modelsOf(map).map((model) => strictest(map.breakers, model, tier));
