/** Free text of a decision as it may be recorded: a person or a model wrote it, and may have named somebody. */
import type { AiDecision, Explanation, Features } from '@countersign/contract';
import type { Redactor } from './redaction/redactor.ts';

/** In the place of what could not be redacted. */
export const withheldText = '[withheld]';

/** As long as the schema lets them be: what stands for something may be longer than it was. */
const longest = { name: 200, feature: 2_000, text: 20_000 } as const;

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
 * Title, justification, explanation and features that are text. The output is not: it goes back to the service, which acts
 * on it.
 */
export function redactedTexts(data: AiDecision, redact: Redactor | null): AiDecision {
  if (redact === null) return data;
  const { title, justification, features, explanation } = data;
  return {
    ...data,
    justification: redactedText(justification, redact),
    ...(title === undefined ? {} : { title: redactedText(title, redact, longest.name) }),
    ...(features === undefined ? {} : { features: redactedValues(features, redact) }),
    ...(explanation === undefined ? {} : { explanation: redactedExplanation(explanation, redact) }),
  };
}

type Scalar = Features[string];

const redactedValue = (value: Scalar, redact: Redactor): Scalar =>
  typeof value === 'string' ? redactedText(value, redact, longest.feature) : value;

const redactedValues = (features: Features, redact: Redactor): Features =>
  Object.fromEntries(Object.entries(features).map(([name, value]) => [name, redactedValue(value, redact)]));

/** Here the names of features are text too: of a model that reads text they are words of it. */
function redactedExplanation(explanation: Explanation, redact: Redactor): Explanation {
  const { rationale, relevance, counterfactuals } = explanation;
  const redactedName = (name: string) => redactedText(name, redact, longest.name);
  return {
    ...explanation,
    ...(rationale === undefined ? {} : { rationale: redactedText(rationale, redact) }),
    ...(relevance === undefined
      ? {}
      : {
          relevance: relevance.map((part) => ({
            ...part,
            feature: redactedName(part.feature),
            value: redactedValue(part.value, redact),
          })),
        }),
    ...(counterfactuals === undefined
      ? {}
      : {
          counterfactuals: counterfactuals.map((part) => ({
            ...part,
            change: Object.fromEntries(
              Object.entries(part.change).map(([name, value]) => [redactedName(name), redactedValue(value, redact)]),
            ),
          })),
        }),
  };
}
