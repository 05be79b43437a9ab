/** The kinds of fields that events are made of. */
import Type, { type Static } from 'typebox';

export const WorkflowId = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' });
export const TaskId = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$' });
/** RFC 9562, lower case. */
export const Uuid = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
});
export const UuidV7 = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' });
export const Sha256 = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' });
/**
 * Of an input: of what was sent along, with its salt, or of what only the service has; with the service's key as HMAC, which
 * tells nothing to whoever guesses the input and lacks the key.
 */
export const InputHash = Type.String({ pattern: '^(hmac-)?sha256:[0-9a-f]{64}$' });
/** RFC 3339 in UTC, to at most nanoseconds. */
export const UtcInstant = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z$' });
/** W3C Trace Context, version 00. */
export const Traceparent = Type.String({ pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' });

/** What somebody says: not nothing, nor spaces alone. */
export const Words = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '\\S' });
export const Name = Type.String({ minLength: 1, maxLength: 200 });
export const Text = Type.String({ maxLength: 20_000 });
export const Scalar = Type.Union([Type.Number(), Type.Boolean(), Type.String({ maxLength: 2_000 }), Type.Null()]);
export const Probability = Type.Number({ minimum: 0, maximum: 1 });
export const Milliseconds = Type.Number({ minimum: 0 });

/** `*` stands for all models of a workflow, so no model is called so. */
const ModelName = Type.String({ minLength: 1, maxLength: 200, pattern: '^(?!\\*$)' });

export const Model = Type.Object({ name: ModelName, version: Name, hash: Sha256 });
export type Model = Static<typeof Model>;
