/** An answer that a person edits: as plain text where it is one, otherwise as JSON. */
import type { ReviewCase } from '@countersign/contract';
import { outputProblem } from '@countersign/contract/output-problem';

/** Whether the AI's answer is edited as the text that it is. */
export const isPlainText = (given: unknown): given is string => typeof given === 'string';

/** As it stands in the field. */
export const textOf = (value: unknown): string => (isPlainText(value) ? value : JSON.stringify(value, null, 2));

/** What the field says. Throws where it is no JSON and has to be. */
export const valueOf = (text: string, given: unknown): unknown => (isPlainText(given) ? text : JSON.parse(text));

/** What is wrong with an edited answer: it is no JSON, or not as the policy wants it. Null for what is not touched. */
export function answerProblem(
  text: string | null,
  given: unknown,
  schema: ReviewCase['rules']['output'],
): string | null {
  if (text === null) return null;
  try {
    const value = valueOf(text, given);
    return schema === null ? null : outputProblem(schema, value);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
