/**
 * E-detector of a rise of a Bernoulli rate: a mixture of Shiryaev–Roberts processes over stated worse rates.
 * Source: Shin, Ramdas, Rinaldo, E-detectors (2023), with the likelihood ratio of each alternative as the e-value.
 */

/** One value of M an alternative rate. */
export type ShiryaevRoberts = readonly number[];

export interface Rates {
  /** In (0, 1). */
  readonly baseline: number;
  /** Each in (baseline, 1); at least one. */
  readonly alternatives: readonly number[];
}

export const startShiryaevRoberts = ({ alternatives }: Rates): ShiryaevRoberts => alternatives.map(() => 0);

/**
 * M ← (M + 1) · LR, for each alternative. While the rate is at most the baseline, the mean time until `evidence` first
 * reaches A is at least A observations, however often one looks.
 */
export function observeBernoulli(
  state: ShiryaevRoberts,
  happened: boolean,
  { baseline, alternatives }: Rates,
): ShiryaevRoberts {
  return state.map((m, i) => {
    const rate = alternatives[i] ?? baseline;
    const ratio = happened ? rate / baseline : (1 - rate) / (1 - baseline);
    // Past 1e300 nothing more is learnt, and the sum below must stay finite.
    return Math.min((m + 1) * ratio, 1e300);
  });
}

/** The mixture's value, the mean over the alternatives. Range [0, 1e300]; 0 before the first observation. */
export const evidence = (state: ShiryaevRoberts): number =>
  state.reduce((sum, m) => sum + m, 0) / Math.max(state.length, 1);
