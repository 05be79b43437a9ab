/** What a promoted span says as a decision: the attributes that its instrumentation would have set, had it known. Pure. */
import { createHash, createHmac, type KeyObject } from 'node:crypto';
import {
  actorNameOf,
  inputOfSpan,
  requestModelOf,
  responseModelOf,
  routeOf,
  type PromoteRule,
} from '@countersign/contract';
import { actor, route, task, workflow } from './attributes.ts';
import { noAttributes, type Attributes, type AttributeValue, type Span } from './span.ts';

/** How spans become decisions that do not say so. */
export interface Promoting {
  readonly rules: readonly PromoteRule[];
  /** Inputs are named by HMACs with it, which tell nothing to whoever guesses an input; null for plain hashes. */
  readonly hashKey: KeyObject | null;
  /** Whether the policy of a workflow redacts text. The name of a span may hold anything, and this is no place to redact it. */
  readonly hidesNames: (workflow: string) => boolean;
}

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const inputHashOf = (text: string, key: KeyObject | null): string =>
  key === null ? sha256(text) : `hmac-sha256:${createHmac('sha256', key).update(text).digest('hex')}`;

/** What the span says of itself under `decision.*` stands. */
export function promotedAttributes(rule: PromoteRule, span: Span, { hashKey, hidesNames }: Promoting): Attributes {
  const { attributes } = span;
  const first = (...names: string[]) => names.map((name) => attributes[name]).find(isText);
  const name = actorNameOf(rule.operation, attributes) ?? rule.operation;
  const [requestModel, responseModel] = [requestModelOf(attributes), responseModelOf(attributes)];
  const model = rule.model ?? requestModel ?? responseModel ?? first('gen_ai.agent.name') ?? name;
  const version = responseModel ?? first('gen_ai.agent.version') ?? 'unknown';
  const conversation = first('gen_ai.conversation.id');
  const said: Record<string, AttributeValue | undefined> = {
    [actor]: 'ai',
    [workflow]: rule.workflow,
    [task]: conversation !== undefined && isTask.test(conversation) ? conversation : span.traceId,
    'decision.model.name': model,
    'decision.model.version': version,
    // Of a hosted model nobody has the weights.
    'decision.model.hash': sha256(`${model}@${version}`),
    'decision.input.hash': inputHashOf(inputOfSpan(attributes), hashKey),
    'decision.input.uri': `urn:opentelemetry:span:${span.traceId}:${span.spanId}`,
    'decision.output.label': rule.label_from === undefined ? name : attributes[rule.label_from],
    // It has said nothing of how sure it is.
    'decision.confidence': 0,
    'decision.risk_tier': rule.risk_tier,
    'decision.reversible': rule.reversible,
    'decision.action': 'accept',
    'decision.justification': `Promoted by the policy from ${hidesNames(rule.workflow) ? 'a span' : `the span ${JSON.stringify(span.name)}`}.`,
    [route]: routeOf(rule),
  };
  const merged = noAttributes();
  for (const [key, value] of Object.entries(said)) if (value !== undefined) merged[key] = value;
  return Object.assign(merged, attributes);
}

const isText = (value: AttributeValue | undefined): value is string => typeof value === 'string' && value !== '';
/** As the contract wants the id of a task. */
const isTask = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/;
