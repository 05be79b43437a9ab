/**
 * What a span says of an error: its class. Its words may quote what was decided about: they are told where the policy lets the
 * content itself be kept, redacted as that is.
 */
import { SpanStatusCode, type SpanStatus } from '@opentelemetry/api';
import type { RiskTier } from '@countersign/contract';
import type { ContentRules } from './content-rules.ts';
import { toldText } from './texts.ts';

/** For `error.type`; what is no error, or has a sentence for a name, has OpenTelemetry's value for what has no class. */
export function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  // A class that does not say what it is called has the name of its parent.
  const name: unknown = error.name === 'Error' ? error.constructor.name : error.name;
  return typeof name === 'string' && isClass.test(name) ? name : '_OTHER';
}
const isClass = /^[\w$.:-]{1,100}$/;

/** Without a risk tier, that of the strictest. */
export function failedStatus(error: unknown, rules: ContentRules, riskTier?: RiskTier): SpanStatus {
  const message = toldText(error instanceof Error ? error.message : String(error), rules, riskTier);
  return message === null ? { code: SpanStatusCode.ERROR } : { code: SpanStatusCode.ERROR, message };
}
