/**
 * What may be kept of the content of a workflow's decisions, as the authority document says. Whatever is missing, old or
 * cannot be used is taken for the closed side: nothing is captured.
 */
import { BuiltInPattern, isPrivacyRules, type Capture, type RiskTier } from '@countersign/contract';
import { largestRedacted } from './redaction/content.ts';
import { redactorOf, type Redactor } from './redaction/redactor.ts';

/** Why nothing is captured though the policy might let it. */
export type Closed = 'no_authority' | 'stale_authority' | 'unusable_policy';

export interface ContentRules {
  readonly capture: Readonly<Record<RiskTier, Capture>>;
  /** For inputs. */
  readonly redact: Redactor;
  /** For titles, justifications and the like; null when they go as they were written. */
  readonly redactText: Redactor | null;
  /** In letters or bytes, of inputs that are redacted. */
  readonly largestRedacted: number;
  readonly closed: Closed | null;
  /** What it was made from. */
  readonly from: string;
}

const nothing = { low: 'none', medium: 'none', high: 'none' } as const;
const noCapture = { capture: nothing, largestRedacted: 0 } as const;

const refuse: Redactor = () => {
  throw new Error('the privacy rules of the policy cannot be used');
};

let allBuiltIn: Redactor | null = null;

/** Of a workflow that nothing was heard of: whatever its policy says, what every policy knows to find is taken out of its texts. */
export function unheardRules(): ContentRules {
  const redact = (allBuiltIn ??= redactorOf(BuiltInPattern.enum, []));
  return { ...noCapture, redact, redactText: redact, closed: 'no_authority', from: '' };
}

/** From `privacy` of a document, which may be anything; `before` when that says the same. */
export function contentRules(privacy: unknown, before: ContentRules | undefined): ContentRules {
  const from = JSON.stringify(privacy) ?? '';
  if (before?.from === from) return before;
  if (privacy === undefined) return { ...noCapture, redact: refuse, redactText: null, closed: null, from };
  const unusable = { ...noCapture, redact: refuse, redactText: refuse, closed: 'unusable_policy', from } as const;
  if (!isPrivacyRules(privacy)) return unusable;
  try {
    const redact = redactorOf(privacy.patterns, privacy.own);
    return {
      capture: privacy.capture,
      redact,
      redactText: privacy.text === 'redacted' ? redact : null,
      largestRedacted: largestRedacted(privacy.own),
      closed: null,
      from,
    };
  } catch {
    return unusable;
  }
}

/** Of a service that has not heard for long: the policy may have become stricter, and nobody could tell it. */
export const staleRules = (rules: ContentRules): ContentRules => ({
  ...rules,
  capture: nothing,
  closed: rules.closed ?? 'stale_authority',
});
