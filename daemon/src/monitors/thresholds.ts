/** What a policy's plain thresholds make of a finding: the operator's own word beside that of the monitor. Pure. */
import { alertTiers, type AlertTier, type ThresholdRule } from '@countersign/contract';
import type { Finding } from './monitor.ts';

/** The finding, with a higher tier when a threshold says so. `standing` is the tier that stands of it. */
export function ruled(finding: Finding, rules: readonly ThresholdRule[], standing: AlertTier | null): Finding {
  const { value } = finding;
  const concerned = rules.filter((rule) => (rule.subject ?? null) === finding.subject);
  // What is not known is neither high nor low.
  if (value === null || concerned.length === 0) return finding;
  const passed = concerned.filter((rule) => holds(rule, value, standing));
  const highest = passed.reduce<ThresholdRule | null>(
    (best, rule) => (best === null || rank(rule.tier) > rank(best.tier) ? rule : best),
    null,
  );
  // The monitor may not know yet what is usual; what the policy asks is answered all the same.
  const known = { ...finding, conclusive: true };
  if (highest === null || rank(highest.tier) <= rank(finding.tier)) return known;
  return {
    ...known,
    tier: highest.tier,
    summary: `${finding.summary} The policy says ${limitText(highest)}.`,
    evidence: { ...finding.evidence, threshold: highest.above ?? highest.below ?? null },
  };
}

function holds({ above, below, until, tier }: ThresholdRule, value: number, standing: AlertTier | null): boolean {
  const stands = standing !== null && rank(standing) >= rank(tier);
  if (above !== undefined && value > (stands ? Math.min(until ?? above, above) : above)) return true;
  return below !== undefined && value < (stands ? Math.max(until ?? below, below) : below);
}

const limitText = ({ above, below }: ThresholdRule) =>
  above === undefined ? `not below ${below}` : `not above ${above}`;

const rank = (tier: AlertTier | null) => (tier === null ? -1 : alertTiers.indexOf(tier));
