/**
 * What is recorded of the input of a decision: the content itself, when the service offers it and the policy lets it leave,
 * or its hash alone. Never throws and never waits: what cannot be decided is not captured.
 */
import { saltBytes, type RiskTier } from '@countersign/contract';
import { randomBytes, type KeyObject } from 'node:crypto';
import type { Closed, ContentRules } from './content-rules.ts';
import type { DecisionOptions } from './decision.ts';
import { hashOf } from './input-hash.ts';
import { redactContent } from './redaction/content.ts';

export type Withheld = Closed | 'policy' | 'too_large' | 'not_text' | 'redaction_failed';

export interface RecordedInput {
  readonly hash: string;
  /** What is sent along, beginning with the salt. */
  readonly content: Uint8Array | null;
  /** Of the input itself, for when what is sent along is not taken. */
  readonly bareHash: string;
  readonly redacted: boolean;
}

/** What the daemon files. */
const largestCaptured = 16 * 1_048_576 - saltBytes;

const because: Record<Exclude<Withheld, 'policy'>, string> = {
  no_authority: 'nothing was heard of its policy yet',
  stale_authority: 'nothing was heard of its policy for an hour beyond its lease',
  unusable_policy: 'its privacy rules cannot be used by this version of the package',
  too_large: 'it is too large',
  not_text: 'it is no text, so that nothing can be taken out of it',
  redaction_failed: 'it could not be redacted',
};

export class Inputs {
  private readonly key: KeyObject | null;
  private readonly trouble: (trouble: unknown) => void;
  private readonly onWithheld: (why: Withheld) => void;
  /** Workflows that were said to capture nothing, so that it is said once. */
  private readonly said = new Set<string>();

  constructor(key: KeyObject | null, trouble: (trouble: unknown) => void, onWithheld: (why: Withheld) => void) {
    this.key = key;
    this.trouble = trouble;
    this.onWithheld = onWithheld;
  }

  /** Of what is not captured. */
  hashOf(content: Uint8Array | string): string {
    return hashOf(content, this.key);
  }

  record({ workflow, riskTier, input }: DecisionOptions, rules: ContentRules): RecordedInput {
    const { content, capture } = input;
    const bareHash = this.hashOf(content);
    const bare = { hash: bareHash, content: null, bareHash, redacted: false };
    if (!capture) return bare;
    const stored = this.stored(input, riskTier, rules);
    if (typeof stored === 'string') {
      this.say(workflow, stored);
      return bare;
    }
    // Salted, so that the hash does not give away an input that could be guessed, and erasing the salt erases the link.
    const salted = Buffer.concat([randomBytes(saltBytes), stored]);
    const redacted = rules.capture[riskTier] === 'redacted';
    return { hash: hashOf(salted, null), content: salted, bareHash, redacted };
  }

  /** The bytes to keep, or why none are. */
  private stored(
    { content, mediaType }: DecisionOptions['input'],
    riskTier: RiskTier,
    rules: ContentRules,
  ): Uint8Array | Withheld {
    if (rules.closed !== null) return rules.closed;
    const capture = rules.capture[riskTier];
    if (capture === 'as_is') {
      const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
      return bytes.length > largestCaptured ? 'too_large' : bytes;
    }
    if (capture !== 'redacted') return 'policy';
    if (content.length > rules.largestRedacted) return 'too_large';
    try {
      const left = redactContent(content, mediaType, rules.redact);
      return left === null ? 'not_text' : Buffer.from(left, 'utf8');
    } catch {
      return 'redaction_failed';
    }
  }

  private say(workflow: string, why: Withheld): void {
    this.onWithheld(why);
    if (why !== 'policy') {
      this.trouble(() => `an input of ${workflow} was not captured: ${because[why]}; its hash is recorded`);
    } else if (!this.said.has(workflow)) {
      this.said.add(workflow);
      this.trouble(() => `inputs of ${workflow} are not captured: its policy has no privacy.capture that lets them`);
    }
  }
}
