/** What detectors have in common: numbers in, one at a time, and an answer about each. */

export interface Detection {
  /** A change is found. The detector starts afresh with the next number. */
  readonly drift: boolean;
  /** A change may be on its way; never together with `drift`. */
  readonly warning: boolean;
}

export const nothing: Detection = { drift: false, warning: false };
export const drifting: Detection = { drift: true, warning: false };
export const warning: Detection = { drift: false, warning: true };

/** Detectors that were fed what is no number would be silent for ever. */
export function assertNumber(x: number): void {
  if (!Number.isFinite(x)) throw new RangeError(`x is ${x}; a detector wants finite numbers`);
}
