/** From a span to the event that it stands for, or the reason why it cannot be one. Pure. */
import {
  eventSubject,
  eventTypes,
  promoted,
  ReviewReason,
  shown,
  unstorableIn,
  type EventKind,
  type ServiceEvent,
} from '@countersign/contract';
import { decode } from '../ingest/index.ts';
import {
  actor,
  aiTable,
  context,
  decisionId,
  humanTable,
  inputHash,
  linkType,
  outcomeLabel,
  outcomeTable,
  route,
  routeReason,
  step,
  workflow,
  type Table,
} from './attributes.ts';
import { decisionIdOf, eventIdOf } from './ids.ts';
import { promotedAttributes, type Promoting } from './promotion.ts';
import { inAttributes, place, type Fields } from './placing.ts';
import type { Attributes, Span } from './span.ts';

export type Reading =
  | { readonly is: 'event'; readonly id: string; readonly subject: string; readonly body: Uint8Array }
  /** No decision, or one that is sent another way. */
  | { readonly is: 'passed_over' }
  /** It means to be a decision and is none: what is wrong, and what to do. */
  | { readonly is: 'rejected'; readonly problem: string };

interface Kind {
  readonly type: ServiceEvent['type'];
  readonly kind: EventKind;
  readonly table: Table;
  /** What follows from the span, where its attributes do not say. */
  readonly derived: (span: Span, attributes: Attributes) => Fields;
}

const linked = (span: Span, type: string): string | undefined => {
  const link = span.links.find(({ attributes }) => attributes[linkType] === type);
  return link === undefined || link.traceId === '' || link.spanId === '' ? undefined : decisionIdOf(link);
};

const kinds = {
  ai: {
    type: eventTypes.aiDecision,
    kind: 'decision_ai',
    table: aiTable,
    derived: (span, { [inputHash]: hash }) => ({
      decision_id: decisionIdOf(span),
      input_snapshot: typeof hash === 'string' ? { uri: `urn:${hash}` } : {},
      output: { label: null },
      justification: '',
      // Nobody says that the AI carried it out.
      route: 'human',
      breaker_epoch: 0,
      latency_ms: Math.max(0, Number(span.endNanos - span.startNanos) / 1e6),
    }),
  },
  human: {
    type: eventTypes.humanDecision,
    kind: 'decision_human',
    table: humanTable,
    derived: (span) => ({ decision_id: decisionIdOf(span), reviews: linked(span, 'reviews'), justification: '' }),
  },
  outcome: {
    type: eventTypes.outcome,
    kind: 'outcome',
    table: outcomeTable,
    derived: (span) => ({ decision_id: linked(span, 'settles') }),
  },
} as const satisfies Record<string, Kind>;

/** The package that sends its decisions to NATS by itself; their spans are for the trace. */
const ownScope = '@countersign/otel-instrumentation';

export function read(span: Span, promoting: Promoting, now: Date): Reading {
  if (span.scope === ownScope) return { is: 'passed_over' };
  const isNamed = span.attributes[workflow] !== undefined || span.attributes[decisionId] !== undefined;
  const rule = isNamed ? null : promoted(promoting.rules, span.attributes);
  const attributes = rule === null ? span.attributes : promotedAttributes(rule, span, promoting);
  if (span.droppedAttributes > 0 && saysOfADecision(span.attributes)) {
    // Which of them is not known: it may have been what makes it a decision.
    return rejected(
      span,
      `${span.droppedAttributes} of its attributes were left out before it was sent. Raise OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT.`,
    );
  }
  if (!isDecision(attributes)) return { is: 'passed_over' };
  // The work threw, and there is no decision. A tool that fails was still chosen.
  if (span.failed && rule?.operation !== 'execute_tool') return { is: 'passed_over' };
  const kind = kindOf(attributes);
  if (kind === null) return rejected(span, `${actor} is ${shown(attributes[actor])}. Set ai or human.`);
  if (span.traceId === '' || span.spanId === '') return rejected(span, 'its trace or span id is none. Send both.');
  if (span.startNanos <= 0n) return rejected(span, 'it has no start time. Say when the span began.');
  if (span.endNanos <= 0n || span.endNanos > latestNanos) {
    return rejected(span, `its end time is ${span.endNanos} ns. End the span before it is exported.`);
  }
  return eventOf(span, kind, attributes, now);
}

/** Far beyond any clock, and before JavaScript's calendar ends. */
const latestNanos = 1n << 63n;

/** Says so, or says more of a decision than the spans within one do. */
function isDecision(attributes: Attributes): boolean {
  if (attributes[actor] !== undefined || attributes[outcomeLabel] !== undefined) return true;
  return attributes[workflow] !== undefined && saysOfADecision(attributes);
}

/** More than which one it belongs to. */
function saysOfADecision(attributes: Attributes): boolean {
  const names = Object.keys(attributes).filter((name) => name.startsWith('decision.'));
  const isStep = names.some((name) => name.startsWith(step));
  return !isStep && names.some((name) => !context.includes(name));
}

function kindOf(attributes: Attributes): Kind | null {
  const { [actor]: said, [outcomeLabel]: outcome } = attributes;
  if (said === undefined) return outcome === undefined ? kinds.ai : kinds.outcome;
  if (said === 'ai') return kinds.ai;
  return said === 'human' ? kinds.human : null;
}

function eventOf(span: Span, { type, kind, table, derived }: Kind, attributes: Attributes, now: Date): Reading {
  const placed = place(table, kind === 'decision_ai' ? withRoute(attributes) : attributes, derived(span, attributes));
  if (placed.is === 'wrong') return rejected(span, placed.problem);
  const { data } = placed;
  const { traceState } = span;
  const event = {
    specversion: '1.0',
    id: eventIdOf(span),
    source: span.service,
    type,
    subject: data['task_id'],
    time: new Date(Number(span.endNanos / 1_000_000n)).toISOString(),
    datacontenttype: 'application/json',
    traceparent: traceparentOf(span),
    ...(traceState === '' || traceState.length > 512 ? {} : { tracestate: traceState }),
    data,
  };
  const body = written(event);
  if (body === null) return rejected(span, 'its JSON is nested too deep to be written down. Flatten it.');
  const decoded = decode(body, now);
  if (decoded.is === 'dead') return rejected(span, inAttributes(table, decoded.detail));
  // JSON has made a null of it.
  const infinite = unstorableIn(data);
  if (infinite !== null)
    return rejected(span, inAttributes(table, `data.${infinite} holds a number that is not finite`));
  return { is: 'event', id: event.id, subject: eventSubject(decoded.event.data.workflow_id, kind), body };
}

/** Null when the stack does not suffice for it. */
function written(event: object): Buffer | null {
  try {
    return Buffer.from(JSON.stringify(event), 'utf8');
  } catch {
    return null;
  }
}

/** What is exported was sampled; flags of 0 are those of an exporter that does not send them. */
const traceparentOf = ({ traceId, spanId, flags }: Span): string =>
  `00-${traceId}-${spanId}-${(flags & 0xff || 1).toString(16).padStart(2, '0')}`;

/** A guard knows more routes and reasons than a record has, which says who decided and why a person must. */
function withRoute(attributes: Attributes): Attributes {
  const { [route]: said, [routeReason]: reason, ...others } = attributes;
  const chosen = said === 'halt' ? 'human' : said;
  const because = reason === 'rolled_back' ? 'breaker' : reason;
  const isReason = chosen === 'human' && ReviewReason.enum.some((known) => known === because);
  return {
    ...others,
    ...(chosen === undefined ? {} : { [route]: chosen }),
    ...(isReason && because !== undefined ? { [routeReason]: because } : {}),
  };
}

const rejected = ({ name, traceId, spanId }: Span, problem: string): Reading => ({
  is: 'rejected',
  problem: `span ${JSON.stringify(name.slice(0, 100))} (${traceId}:${spanId}): ${problem}`,
});
