/** From the bytes of a message to an event that may be appended, or the reason why not. Pure. */
import {
  AiDecisionEvent,
  CompensationEvent,
  deepestEvent,
  depthOf,
  eventTypes,
  firstProblem,
  HumanDecisionEvent,
  largestEventBytes,
  logWorkflow,
  OutcomeEvent,
  shown,
  unstorableIn,
  type ServiceEvent,
} from '@countersign/contract';
import { Compile } from 'typebox/compile';

export const deadReasons = [
  'too_large',
  'invalid_utf8',
  'invalid_json',
  'invalid_event',
  'unknown_type',
  'wrong_clock',
  'duplicate_id',
  'refused_by_store',
] as const;
export type DeadReason = (typeof deadReasons)[number];

export type Decoded =
  | { readonly is: 'event'; readonly event: ServiceEvent }
  | { readonly is: 'dead'; readonly reason: DeadReason; readonly detail: string };

const schemas = {
  [eventTypes.aiDecision]: Compile(AiDecisionEvent),
  [eventTypes.humanDecision]: Compile(HumanDecisionEvent),
  [eventTypes.outcome]: Compile(OutcomeEvent),
  [eventTypes.compensation]: Compile(CompensationEvent),
} as const;
const isServiceType = (type: unknown): type is keyof typeof schemas =>
  typeof type === 'string' && Object.hasOwn(schemas, type);

/** A service may have been cut off for this long and still be heard. */
const oldestDays = 30;
const dayMs = 86_400_000;
/** Clocks of machines that synchronise differ by less. */
const aheadMs = 10 * 60_000;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function decode(bytes: Uint8Array, now: Date): Decoded {
  if (bytes.length > largestEventBytes) {
    return dead(
      'too_large',
      `the event has ${bytes.length} bytes, at most ${largestEventBytes} are accepted. Send the input as a snapshot.`,
    );
  }
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return dead('invalid_utf8', 'the bytes are not UTF-8. Encode the event as UTF-8.');
  }
  const depth = depthOf(bytes);
  if (depth > deepestEvent) {
    return dead(
      'invalid_event',
      `the event is nested ${depth} deep, at most ${deepestEvent} are accepted. Flatten it.`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return dead('invalid_json', `${String(error)}. Send one JSON object a message.`);
  }
  const type = (value as { type?: unknown } | null)?.type;
  if (!isServiceType(type)) {
    return dead('unknown_type', `type is ${shown(type)}. Use one of ${Object.keys(schemas).join(', ')}.`);
  }
  const schema = schemas[type];
  if (!schema.Check(value)) return dead('invalid_event', firstProblem(value, schema.Errors(value)));
  // In valid UTF-8 that is valid JSON, what cannot be stored can only come from an escape.
  const unstorable = text.includes('\\u') ? unstorableIn(value) : null;
  if (unstorable !== null) {
    return dead('invalid_event', `${unstorable} holds U+0000 or half a character, which cannot be stored. Remove it.`);
  }
  if (value.subject !== value.data.task_id) {
    return dead(
      'invalid_event',
      `subject is ${shown(value.subject)}, data.task_id is ${shown(value.data.task_id)}. Make them the same.`,
    );
  }
  if (value.data.workflow_id === logWorkflow) {
    return dead(
      'invalid_event',
      `data.workflow_id is ${shown(logWorkflow)}, which is the log's own. Use another name.`,
    );
  }
  return checkClock(value, now);
}

function checkClock(event: ServiceEvent, now: Date): Decoded {
  const at = Date.parse(event.time);
  // The 30th of February is the 2nd of March to a lenient reader.
  const isDay = !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === event.time.slice(0, 10);
  if (!isDay) return dead('invalid_event', `time is ${shown(event.time)}, which is no day of the calendar.`);
  const age = now.getTime() - at;
  if (age > oldestDays * dayMs || age < -aheadMs) {
    return dead(
      'wrong_clock',
      `time is ${event.time}, received at ${now.toISOString()}. Set the clock of the service.`,
    );
  }
  return { is: 'event', event };
}

const dead = (reason: DeadReason, detail: string): Decoded => ({ is: 'dead', reason, detail });
