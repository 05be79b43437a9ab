/** What is wrong with a structured answer, by the JSON Schema of it in a policy: the same for the page and for the daemon. */
import Schema from 'typebox/schema';

/** A policy's `review.output`. */
export type OutputSchema = Readonly<Record<string, unknown>>;

/** The first thing that `schema` refuses about `value`, with where it stands in it; null when there is nothing. */
export function outputProblem(schema: OutputSchema, value: unknown): string | null {
  const [passes, errors] = Schema.Errors(schema, value);
  const [first] = errors;
  if (passes || first === undefined) return null;
  return `output.value${first.instancePath.replaceAll('/', '.')} ${first.message}`;
}
