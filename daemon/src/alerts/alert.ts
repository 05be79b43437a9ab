/** When a signal opens, raises or ends an alert: a pure decision that says why. */
import { alertTiers, type AlertTier } from '@countersign/contract';

export type AlertMove =
  | { readonly is: 'open'; readonly tier: AlertTier }
  | { readonly is: 'raise'; readonly tier: AlertTier; readonly from: AlertTier }
  | { readonly is: 'resolve'; readonly from: AlertTier }
  | { readonly is: 'none'; readonly reason: string };

/**
 * An alert only climbs while it is open, and ends when the signal is clear altogether: that is the hysteresis.
 */
export function moveOf(open: AlertTier | null, tier: AlertTier | null): AlertMove {
  if (tier === null) {
    return open === null ? { is: 'none', reason: 'clear' } : { is: 'resolve', from: open };
  }
  if (open === null) return { is: 'open', tier };
  return rank(tier) > rank(open) ? { is: 'raise', tier, from: open } : { is: 'none', reason: `open at ${open}` };
}

/** Whether `tier` is as urgent as `other`, or more. */
export const reaches = (tier: AlertTier, other: AlertTier): boolean => rank(tier) >= rank(other);

const rank = (tier: AlertTier) => alertTiers.indexOf(tier);
