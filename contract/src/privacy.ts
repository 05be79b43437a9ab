/**
 * What may be kept of what decisions are about: which inputs leave a service, and what is taken out of them before. The policy
 * says it (`PrivacyPolicy`), the authority document tells services (`PrivacyRules`). Without either nothing is captured.
 */
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import { RiskTier } from './words.ts';

const closed = { additionalProperties: false };

/** What becomes of an input that a service offers: only its hash is recorded, what is left of it when redacted, or all of it. */
export const Capture = Type.Enum(['none', 'redacted', 'as_is']);
export type Capture = Static<typeof Capture>;

/** Kinds of private data that services know how to find. A service that does not know one of them captures nothing. */
export const BuiltInPattern = Type.Enum([
  'private_key',
  'jwt',
  'api_key',
  'bearer_token',
  'url_password',
  'email',
  'iban',
  'card',
  'us_ssn',
  'ip_address',
  'phone',
]);
export type BuiltInPattern = Static<typeof BuiltInPattern>;

export const OwnPattern = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$', description: 'Stands in brackets for what is taken out.' }),
    regex: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'In RE2’s syntax, with every repetition bounded: "\\d{1,20}" and not "\\d+". "(?i)" ignores case.',
    }),
    replacement: Type.Optional(
      Type.String({ minLength: 1, maxLength: 50, description: 'Put in its place; "[name]" when it is left out.' }),
    ),
  },
  closed,
);
export type OwnPattern = Static<typeof OwnPattern>;

const mostOwnPatterns = 30;

export const PrivacyPolicy = Type.Object(
  {
    capture: Type.Optional(Capture),
    by_risk_tier: Type.Optional(
      Type.Object(
        { low: Type.Optional(Capture), medium: Type.Optional(Capture), high: Type.Optional(Capture) },
        { ...closed, description: 'Where a risk tier has another rule than `capture`.' },
      ),
    ),
    text: Type.Optional(
      Type.Enum(['redacted', 'as_is'], {
        description:
          'Titles, justifications, explanations and features that are text. Redacted where any input is, when it is left out; else as they were written.',
      }),
    ),
    redact: Type.Optional(
      Type.Object(
        {
          patterns: Type.Optional(
            Type.Array(BuiltInPattern, { description: 'What is taken out; every kind when it is left out.' }),
          ),
          own: Type.Optional(Type.Array(OwnPattern, { maxItems: mostOwnPatterns, description: 'And what else.' })),
        },
        closed,
      ),
    ),
  },
  {
    ...closed,
    description:
      'Which inputs that services offer are kept, and what is taken out before they leave the service. Without it only their hashes are.',
  },
);
export type PrivacyPolicy = Static<typeof PrivacyPolicy>;

/** The same with nothing left out, as services hear it. */
export const PrivacyRules = Type.Object({
  capture: Type.Object({ low: Capture, medium: Capture, high: Capture }),
  text: Type.Enum(['redacted', 'as_is']),
  patterns: Type.Array(BuiltInPattern),
  own: Type.Array(OwnPattern, { maxItems: mostOwnPatterns }),
});
export type PrivacyRules = Static<typeof PrivacyRules>;

export const isPrivacyRules = (value: unknown): value is PrivacyRules => Check(PrivacyRules, value);

export function privacyRulesOf({
  capture = 'none',
  by_risk_tier = {},
  text,
  redact = {},
}: PrivacyPolicy): PrivacyRules {
  const of = (tier: RiskTier): Capture => by_risk_tier[tier] ?? capture;
  const captures = { low: of('low'), medium: of('medium'), high: of('high') };
  const redactsAny = Object.values(captures).includes('redacted');
  return {
    capture: captures,
    text: text ?? (redactsAny ? 'redacted' : 'as_is'),
    patterns: redact.patterns ?? BuiltInPattern.enum,
    own: redact.own ?? [],
  };
}
