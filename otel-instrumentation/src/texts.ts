/** Free text of a decision as it may be recorded: a person or a model wrote it, and may have named somebody. */
import type { AiDecision, Explanation, Features, Provenance, RiskTier } from '@countersign/contract';
import type { ContentRules } from './content-rules.ts';
import { redactedAs } from './redaction/named.ts';
import type { Redactor } from './redaction/redactor.ts';

/** In the place of what could not be redacted. */
export const withheldText = '[withheld]';

/** As long as the schema lets them be: what stands for something may be longer than it was. */
const longest = { name: 200, label: 500, feature: 2_000, text: 20_000 } as const;

/** Never throws: what cannot be redacted is withheld. */
export function redactedText(text: string, redact: Redactor | null, most: number = longest.text): string {
  if (redact === null) return text;
  try {
    const left = redact(text);
    return left === text ? text : left.slice(0, most).toWellFormed();
  } catch {
    return withheldText;
  }
}

/**
 * Text on its way to traces and logs, which more people read than the record: null where the policy captures no content of the
 * risk tier; of any of them, where that is not known.
 */
export function toldText(text: string, rules: ContentRules, riskTier?: RiskTier): string | null {
  const captures = riskTier === undefined ? Object.values(rules.capture) : [rules.capture[riskTier]];
  if (rules.closed !== null || captures.includes('none')) return null;
  return redactedText(text, captures.includes('redacted') ? rules.redact : rules.redactText);
}

/**
 * Title, justification, explanation, features, and the names of sources. The output is not: it goes back to the service, which
 * acts on it.
 */
export function redactedTexts(data: AiDecision, redact: Redactor | null): AiDecision {
  if (redact === null) return data;
  const { title, justification, features, explanation, provenance } = data;
  const names = redactedNames(redact);
  return {
    ...data,
    justification: redactedText(justification, redact),
    ...(title === undefined ? {} : { title: redactedText(title, redact, longest.name) }),
    ...(features === undefined ? {} : { features: redactedValues(features, redact, names) }),
    ...(explanation === undefined ? {} : { explanation: redactedExplanation(explanation, redact, names) }),
    ...(provenance === undefined ? {} : { provenance: redactedProvenance(provenance, redact) }),
  };
}

type Scalar = Features[string];

const redactedName = (name: string, redact: Redactor): string => redactedText(name, redact, longest.name);

/** Undefined for a number that is found, such as a card's: nothing is left that would be a number. */
function redactedValue(name: string, value: Scalar, redact: Redactor): Scalar | undefined {
  if (typeof value === 'string') {
    return redactedText(value, (text) => redactedAs([name], text, redact), longest.feature);
  }
  // Whatever its type says: what holds more cannot be recorded, and would be told of with what it holds.
  if (typeof value === 'object' && value !== null) return withheldText;
  if (typeof value !== 'number') return value;
  const digits = String(value);
  return redactedText(digits, redact) === digits ? value : undefined;
}

type Names = (name: string) => string;

/** Names of features are text too: of a model that reads text they are words of it. Of a decision, two that are alike then are told apart. */
function redactedNames(redact: Redactor): Names {
  const lefts = new Map<string, string>();
  const taken = new Set<string>();
  return (name) => {
    const known = lefts.get(name);
    if (known !== undefined) return known;
    const bare = redactedName(name, redact);
    let left = bare;
    for (let nth = 2; taken.has(left); nth++) left = numbered(bare, nth);
    taken.add(left);
    lefts.set(name, left);
    return left;
  };
}

function numbered(name: string, nth: number): string {
  const mark = ` (${nth})`;
  return `${name.slice(0, longest.name - mark.length).toWellFormed()}${mark}`;
}

const redactedValues = (features: Features, redact: Redactor, names: Names): Features =>
  Object.fromEntries(
    Object.entries(features).flatMap(([name, value]) => {
      const left = redactedValue(name, value, redact);
      return left === undefined ? [] : [[names(name), left]];
    }),
  );

function redactedExplanation(explanation: Explanation, redact: Redactor, names: Names): Explanation {
  const { rationale, relevance, counterfactuals } = explanation;
  return {
    ...(rationale === undefined ? {} : { rationale: redactedText(rationale, redact) }),
    ...(relevance === undefined
      ? {}
      : {
          relevance: relevance.flatMap((part) => {
            const value = redactedValue(part.feature, part.value, redact);
            return value === undefined ? [] : [{ feature: names(part.feature), value, weight: part.weight }];
          }),
        }),
    ...(counterfactuals === undefined
      ? {}
      : {
          counterfactuals: counterfactuals.map(({ change, output }) => ({
            change: redactedValues(change, redact, names),
            output: { label: redactedText(output.label, redact, longest.label) },
          })),
        }),
  };
}

const redactedProvenance = ({ sources, ...others }: Provenance, redact: Redactor): Provenance => ({
  ...others,
  ...(sources === undefined
    ? {}
    : { sources: sources.map((source) => ({ ...source, name: redactedName(source.name, redact) })) }),
});
