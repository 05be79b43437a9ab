/**
 * Compares windows of decisions with the reference, feature by feature: by effect (population stability index) and by
 * significance (χ² of homogeneity, Benjamini and Hochberg's rule across features, and evidence gathered over windows that
 * holds however many there are). The folds of inputs and of predictions share it.
 */
import { alertTiers, type AlertTier, type FeatureReference } from '@countersign/contract';
import {
  benjaminiHochberg,
  chiSquareHomogeneity,
  jensenShannonDistance,
  populationStabilityIndex,
  stabilityInterval,
  type Interval,
} from '../statistics/index.ts';
import { spentOn } from './budget.ts';
import { binner, type Binner, type FeatureValue } from './feature-bins.ts';
import type { Finding } from './monitor.ts';

export interface DriftRule {
  readonly window: number;
  /** Of the population stability index. */
  readonly info: number;
  readonly actionRequired: number;
  readonly thresholds: Readonly<Record<AlertTier, number>>;
  readonly horizonMs: number;
}

export type FeatureReferences = Readonly<Record<string, FeatureReference>>;

interface FeatureDrift {
  /** Of the window under way. */
  counts: number[];
  unseen: number;
  /** Shiryaev–Roberts over windows, of e-values calibrated from p-values. */
  evidence: number;
  /** What the last whole window showed. */
  last: LastWindow | null;
}

interface LastWindow {
  readonly psi: number;
  readonly pValue: number | null;
  readonly distance: number | null;
  readonly significant: boolean;
  readonly missing: number;
  readonly unseen: number;
  readonly otherType: number;
}

export interface DriftState {
  inWindow: number;
  windows: number;
  windowEndMs: number | null;
  /** In the order of the reference. */
  features: FeatureDrift[];
  tier: AlertTier | null;
}

/** The false discovery rate of one window. */
const alpha = 0.001;
/**
 * A window is told of when more of it is unseen than this, surely: by so many standard deviations above the share that the
 * reference lets expect at most.
 */
const [unseenShare, unseenExpected, unseenDeviations] = [0.02, 0.01, 4];

export const startDrift = (): DriftState => ({
  inWindow: 0,
  windows: 0,
  windowEndMs: null,
  features: [],
  tier: null,
});

interface Compared {
  readonly name: string;
  /** Every object has something of that name, so it takes a closer look whether a decision has. */
  readonly inherited: boolean;
  readonly counts: readonly number[];
  readonly bins: Binner;
}

const compared = new WeakMap<FeatureReferences, readonly Compared[]>();

/** Prepared once for a reference, since every decision asks. */
function prepare(references: FeatureReferences): readonly Compared[] {
  const known = compared.get(references);
  if (known !== undefined) return known;
  const made = Object.entries(references).map(([name, reference]) => ({
    name,
    inherited: name in Object.prototype,
    counts: reference.counts,
    bins: binner(reference),
  }));
  compared.set(references, made);
  return made;
}

/** Takes one decision in; true when a window has ended and the tier has changed. */
export function observeValues(
  state: DriftState,
  references: FeatureReferences,
  values: Readonly<Record<string, FeatureValue>>,
  nowMs: number,
  rule: DriftRule,
): boolean {
  const features = prepare(references);
  for (let i = 0; i < features.length; i++) {
    const { name, inherited, bins } = features[i] as Compared;
    const feature = (state.features[i] ??= startFeature(bins.size));
    const value = inherited && !Object.hasOwn(values, name) ? undefined : values[name];
    const bin = bins.binOf(value);
    feature.counts[bin] = (feature.counts[bin] as number) + 1;
    if (bins.isUnseen(value)) feature.unseen += 1;
  }
  state.inWindow += 1;
  return state.inWindow >= rule.window && endWindow(state, references, nowMs, rule);
}

const startFeature = (size: number): FeatureDrift => ({
  counts: Array.from({ length: size }, () => 0),
  unseen: 0,
  evidence: 0,
  last: null,
});

function endWindow(state: DriftState, references: FeatureReferences, nowMs: number, rule: DriftRule): boolean {
  state.windows += 1;
  const passed = state.windowEndMs === null ? 0 : nowMs - state.windowEndMs;
  const spent = spentOn(passed, rule.horizonMs, state.windows);
  const features = prepare(references);
  const tests = features.map(({ counts }, i) => chiSquareHomogeneity(counts, state.features[i]?.counts ?? []));
  const significant = benjaminiHochberg(
    tests.map(({ pValue }) => pValue ?? 1),
    alpha,
  );
  features.forEach(({ counts: reference, bins }, i) => {
    const feature = state.features[i];
    if (feature === undefined) return;
    const pValue = tests[i]?.pValue ?? null;
    feature.evidence = Math.min((feature.evidence + spent) * calibrated(pValue), 1e300);
    feature.last = {
      psi: populationStabilityIndex(reference, feature.counts) ?? 0,
      distance: jensenShannonDistance(reference, feature.counts),
      pValue,
      significant: significant[i] === true,
      missing: (feature.counts[bins.missing] ?? 0) / state.inWindow,
      otherType: (feature.counts[bins.otherType] ?? 0) / state.inWindow,
      unseen: feature.unseen / state.inWindow,
    };
    feature.counts.fill(0);
    feature.unseen = 0;
  });
  const window = state.inWindow;
  state.inWindow = 0;
  state.windowEndMs = nowMs;
  return settle(state, window, rule);
}

/**
 * An e-value from a p-value: ½ p^(−½). The least p is bounded, so that one window cannot speak for ever.
 * Source: Vovk and Wang, E-values: Calibration, combination and applications (2021).
 */
const calibrated = (pValue: number | null) => (pValue === null ? 1 : 0.5 / Math.sqrt(Math.max(pValue, 1e-40)));

/** Hysteresis: a tier is left only when no feature has even the lowest any more, and then evidence starts afresh. */
function settle(state: DriftState, window: number, rule: DriftRule): boolean {
  const reached = highest(state.features.map((feature) => tierOf(feature, window, rule)));
  const before = state.tier;
  if (reached === null && before !== null) for (const feature of state.features) feature.evidence = 0;
  if (reached === null || before === null || rank(reached) > rank(before)) state.tier = reached;
  return state.tier !== before;
}

function tierOf({ last, evidence }: FeatureDrift, window: number, rule: DriftRule): AlertTier | null {
  if (last === null) return null;
  const otherwise = isUnseen(last.unseen, window) ? 'info' : null;
  const holds = (tier: AlertTier) => evidence >= rule.thresholds[tier];
  if (!last.significant || last.psi < rule.info) return otherwise;
  if (last.psi >= rule.actionRequired && holds('action_required')) return 'action_required';
  return holds('info') ? 'info' : otherwise;
}

const isUnseen = (share: number, window: number) =>
  share >= unseenShare &&
  share * window >= unseenExpected * window + unseenDeviations * Math.sqrt(unseenExpected * window);

const rank = (tier: AlertTier) => alertTiers.indexOf(tier);
const highest = (tiers: readonly (AlertTier | null)[]) => alertTiers.findLast((tier) => tiers.includes(tier)) ?? null;

/** 95 %, of one whole window. Null where there is no reference that it could be of. */
function intervalOf(psi: number, of: Compared | undefined, { window }: DriftRule): Interval | null {
  const reference = of?.counts.reduce((sum, count) => sum + count, 0) ?? 0;
  const bins = of?.counts.filter((count) => count > 0).length ?? 0;
  return reference < 1 || bins < 2 ? null : stabilityInterval(psi, { reference, current: window, bins });
}

/** What the last whole window showed, the features that moved most first. */
export function driftFinding(
  state: DriftState,
  references: FeatureReferences | null,
  what: string,
  rule: DriftRule,
): Finding {
  const prepared = references === null ? [] : prepare(references);
  const shown = state.features
    .flatMap(({ last, evidence }, i) => {
      const of = prepared[i];
      return last === null
        ? []
        : [{ name: of?.name ?? '', interval: intervalOf(last.psi, of, rule), evidence, ...last }];
    })
    .toSorted((a, b) => b.psi - a.psi || (a.name < b.name ? -1 : 1));
  const [most] = shown;
  const evidence = {
    windows: state.windows,
    window: rule.window,
    in_window: state.inWindow,
    features: shown.slice(0, 10).map((feature) => ({
      feature: feature.name,
      psi: feature.psi,
      psi_lower: feature.interval?.lower ?? null,
      psi_upper: feature.interval?.upper ?? null,
      jensen_shannon_distance: feature.distance,
      p_value: feature.pValue,
      significant: feature.significant,
      e_value: feature.evidence,
      missing_share: feature.missing,
      unseen_share: feature.unseen,
      other_type_share: feature.otherType,
    })),
  };
  const finding = { subject: null, tier: state.tier, evidence };
  if (most === undefined) {
    const summary =
      references === null
        ? `There is nothing yet to compare ${what} with: the reference is still being taken.`
        : `Too early to tell: ${state.inWindow} of ${rule.window} decisions of the first window are in.`;
    return { ...finding, conclusive: false, value: null, summary };
  }
  const moved = shown.filter(
    ({ psi, significant, unseen }) => (significant && psi >= rule.info) || isUnseen(unseen, rule.window),
  );
  const summary =
    moved.length === 0
      ? `The ${what} of the last ${rule.window} decisions are as in the reference.`
      : `The ${what} of the last ${rule.window} decisions are not as in the reference: ${moved
          .slice(0, 3)
          .map(({ name, psi }) => `${name} (PSI ${psi.toFixed(2)})`)
          .join(', ')}${moved.length > 3 ? ` and ${moved.length - 3} more` : ''}.`;
  return { ...finding, conclusive: true, value: most.psi, summary };
}
