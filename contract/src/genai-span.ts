/**
 * What a span of a GenAI instrumentation says, whoever wrote that: OpenTelemetry's names first, then those of OpenInference and
 * of OpenLLMetry, which existing instrumentations of most libraries still use.
 */
type Attributes = Readonly<Record<string, unknown>>;

const kinds: Readonly<Record<string, string>> = {
  TOOL: 'execute_tool',
  AGENT: 'invoke_agent',
  LLM: 'chat',
  tool: 'execute_tool',
  agent: 'invoke_agent',
  workflow: 'invoke_workflow',
};

/** As `gen_ai.operation.name` has it. Null for what is none of these. */
export const operationOf = (attributes: Attributes): string | null =>
  text(attributes, 'gen_ai.operation.name') ??
  kinds[text(attributes, 'openinference.span.kind', 'traceloop.span.kind') ?? ''] ??
  null;

/** Of the tool, or else of the agent. */
export const actorNameOf = (operation: string, attributes: Attributes): string | null =>
  operation === 'execute_tool'
    ? text(attributes, 'gen_ai.tool.name', 'tool.name', 'traceloop.entity.name')
    : text(attributes, 'gen_ai.agent.name', 'agent.name', 'traceloop.entity.name');

export const requestModelOf = (attributes: Attributes): string | null =>
  text(attributes, 'gen_ai.request.model', 'llm.request.model_name');

export const responseModelOf = (attributes: Attributes): string | null =>
  text(attributes, 'gen_ai.response.model', 'llm.response.model_name') ??
  // Where nothing says which was asked for, it is the one name there is.
  (requestModelOf(attributes) === null ? text(attributes, 'llm.model_name') : null);

/**
 * What was captured of the input, as it is hashed; when nothing was, all that is on the span. A text as it stands, anything else
 * as JSON with its names in order.
 */
export function inputOfSpan(attributes: Attributes): string {
  const found = inputNames.map((name) => attributes[name]).find((value) => value !== undefined && value !== '');
  const input = found === undefined || found === hidden ? attributes : found;
  return typeof input === 'string' ? input : JSON.stringify(inOrder(input));
}

/** As RFC 8785 has it; JavaScript writes texts and numbers like that by itself. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, inOrder(inner)]));
}

const inputNames = ['gen_ai.tool.call.arguments', 'gen_ai.input.messages', 'input.value', 'traceloop.entity.input'];
/** What OpenInference writes in place of what it was told to hide. */
const hidden = '__REDACTED__';

function text(attributes: Attributes, ...names: readonly string[]): string | null {
  const found = names.map((name) => attributes[name]).find((value) => typeof value === 'string' && value !== '');
  return (found as string | undefined) ?? null;
}
