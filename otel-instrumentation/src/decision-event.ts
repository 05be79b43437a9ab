/** The event of an AI decision, made when it is sent: while the service works, only what it may change afterwards is copied. */
import {
  eventTypes,
  saltBytes,
  withoutUser,
  type AiDecision,
  type AiDecisionEvent,
  type DecisionAction,
  type Features,
  type Model,
  type Output,
  type ReviewReason,
  type RiskTier,
} from '@countersign/contract';
import type { SpanContext } from '@opentelemetry/api';
import type { GuardVerdict } from './guard.ts';
import { newId } from './ids.ts';
import type { Redactor } from './redaction/redactor.ts';
import { traceparentOf } from './ref.ts';
import { redactedTexts } from './texts.ts';

/** A decision that has ended. Nothing of it is the service's any more. */
export interface EndedDecision {
  readonly source: string;
  readonly spanContext: SpanContext;
  readonly decisionId: string;
  readonly workflow: string;
  readonly task: string;
  readonly title: string | undefined;
  readonly model: Model;
  readonly riskTier: RiskTier;
  readonly reversible: boolean;
  readonly inputHash: string;
  /** Where the content is kept, when the service keeps it. */
  readonly inputUri: string | undefined;
  readonly mediaType: string | undefined;
  /** The content goes along. */
  readonly captured: boolean;
  /** What is left of it does. */
  readonly redacted: boolean;
  /** For free text; null when it goes as it was written. */
  readonly redactText: Redactor | null;
  readonly features: Features | undefined;
  readonly label: string | null;
  readonly scores: Output['scores'];
  readonly confidence: number;
  /** What is deeper than one level, as JSON: an output with more to it than label and scores, explanation, provenance. */
  readonly output: string | undefined;
  readonly explanation: string | undefined;
  readonly provenance: string | undefined;
  readonly action: DecisionAction;
  readonly justification: string;
  readonly answer: GuardVerdict;
  readonly latencyMs: number;
  /** Unix time in ms. */
  readonly endedAt: number;
}

/** Of an event without what is written down already: enough to bound memory by. */
export const usualBytes = 1_500;

export function aiDecisionEvent(ended: EndedDecision): AiDecisionEvent {
  const { traceparent, tracestate } = traceparentOf(ended.spanContext);
  return {
    specversion: '1.0',
    id: newId(ended.endedAt),
    source: ended.source,
    type: eventTypes.aiDecision,
    subject: ended.task,
    time: new Date(ended.endedAt).toISOString(),
    datacontenttype: 'application/json',
    ...(traceparent === null ? {} : { traceparent }),
    ...(tracestate === null ? {} : { tracestate }),
    data: redactedTexts(dataOf(ended), ended.redactText),
  };
}

function dataOf(ended: EndedDecision): AiDecision {
  const { inputHash, inputUri, mediaType, captured, answer, label, scores } = ended;
  const isAuto = answer.route === 'auto';
  return {
    workflow_id: ended.workflow,
    task_id: ended.task,
    decision_id: ended.decisionId,
    ...(ended.title === undefined ? {} : { title: ended.title }),
    model: ended.model,
    input_snapshot: {
      hash: inputHash,
      uri:
        (inputUri === undefined ? undefined : withoutUser(inputUri)) ??
        (captured ? `${ofStored}${inputHash}` : notStored(inputHash)),
      ...(mediaType === undefined ? {} : { media_type: mediaType }),
      ...(captured ? { salt_bytes: saltBytes } : {}),
      ...(ended.redacted ? { redacted: true } : {}),
    },
    output:
      ended.output === undefined
        ? { label, ...(scores === undefined ? {} : { scores }) }
        : (JSON.parse(ended.output) as Output),
    confidence: ended.confidence,
    risk_tier: ended.riskTier,
    reversible: ended.reversible,
    ...(ended.features === undefined ? {} : { features: ended.features }),
    ...(ended.explanation === undefined
      ? {}
      : { explanation: JSON.parse(ended.explanation) as NonNullable<AiDecision['explanation']> }),
    ...(ended.provenance === undefined
      ? {}
      : { provenance: JSON.parse(ended.provenance) as NonNullable<AiDecision['provenance']> }),
    action: ended.action,
    justification: ended.justification,
    // A halted version decides nothing; what it said is still on record, for a person.
    route: isAuto ? 'auto' : 'human',
    ...(isAuto ? {} : { route_reason: answer.reason === 'rolled_back' ? 'breaker' : reviewReason(answer.reason) }),
    breaker_epoch: answer.epoch,
    latency_ms: ended.latencyMs,
  };
}

const ofStored = 'nats-object:countersign_snapshots/';
const notStored = (hash: string): string => `urn:${hash}`;

/** The JSON of an event whose input was to go along and did not: it has the input's own hash, and nobody is to look for it. */
export function withoutInput(body: Buffer, bareHash: string): Buffer {
  const event = JSON.parse(body.toString('utf8')) as AiDecisionEvent;
  const { uri, media_type } = event.data.input_snapshot;
  event.data.input_snapshot = {
    hash: bareHash,
    uri: uri.startsWith(ofStored) ? notStored(bareHash) : uri,
    ...(media_type === undefined ? {} : { media_type }),
  };
  return Buffer.from(JSON.stringify(event), 'utf8');
}

export const reviewReason = (reason: GuardVerdict['reason']): ReviewReason =>
  reason === 'allowed' || reason === 'rolled_back' || reason === 'queue_full' ? 'automation_level' : reason;
