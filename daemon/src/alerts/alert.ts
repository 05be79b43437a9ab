/** When a signal opens, raises or ends an alert: a pure decision that says why. */
import { alertTiers, type AlertTier, type Signal } from '@countersign/contract';

export type AlertMove =
  | { readonly is: 'open'; readonly tier: AlertTier }
  | { readonly is: 'raise'; readonly tier: AlertTier; readonly from: AlertTier }
  | { readonly is: 'resolve'; readonly from: AlertTier }
  | { readonly is: 'none'; readonly reason: string };

/**
 * An alert only climbs while it is open, and ends when the signal is clear altogether: that is the hysteresis. A signal
 * without enough data moves nothing; it is inconclusive, not healthy.
 */
export function moveOf(open: AlertTier | null, signal: Pick<Signal, 'tier' | 'conclusive'>): AlertMove {
  if (!signal.conclusive) return { is: 'none', reason: 'inconclusive' };
  if (signal.tier === null) {
    return open === null ? { is: 'none', reason: 'clear' } : { is: 'resolve', from: open };
  }
  if (open === null) return { is: 'open', tier: signal.tier };
  return rank(signal.tier) > rank(open)
    ? { is: 'raise', tier: signal.tier, from: open }
    : { is: 'none', reason: `open at ${open}` };
}

/** Whether `tier` is as urgent as `other`, or more. */
export const reaches = (tier: AlertTier, other: AlertTier): boolean => rank(tier) >= rank(other);

const rank = (tier: AlertTier) => alertTiers.indexOf(tier);
