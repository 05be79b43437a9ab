/** Names of what is put on spans, logs and metrics. Own names are `decision.*`; the rest is OpenTelemetry's. */
export const attribute = {
  id: 'decision.id',
  workflow: 'decision.workflow.id',
  task: 'decision.task.id',
  actor: 'decision.actor.type',
  action: 'decision.action',
  label: 'decision.output.label',
  confidence: 'decision.confidence',
  riskTier: 'decision.risk_tier',
  reversible: 'decision.reversible',
  route: 'decision.route',
  reason: 'decision.route.reason',
  epoch: 'decision.breaker.epoch',
  modelName: 'decision.model.name',
  modelVersion: 'decision.model.version',
  reviewer: 'decision.reviewer.id',
  reviews: 'decision.reviews.id',
  linkType: 'decision.link.type',
  evaluationName: 'gen_ai.evaluation.name',
  evaluationLabel: 'gen_ai.evaluation.score.label',
  evaluationExplanation: 'gen_ai.evaluation.explanation',
  errorType: 'error.type',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
} as const;

export const evaluationEvent = 'gen_ai.evaluation.result';

export const metric = {
  events: 'decision.events',
  dropped: 'decision.events.dropped',
  spooled: 'decision.events.spooled',
  pending: 'decision.event.pending',
  duration: 'decision.duration',
  reviewDuration: 'decision.review.duration',
  guardVerdicts: 'decision.guard.verdicts',
} as const;

export const scope = { name: '@countersign/otel-instrumentation', version: '0.1.0' } as const;
