/**
 * Which span attribute becomes which field of an event: one table a kind. The names are those of the registry in
 * docs/semantic-conventions.md. What is not in the table is not read.
 */

export interface Row {
  readonly attribute: string;
  /** Dotted, below `data` of the event. */
  readonly field: string;
  readonly required?: true;
  /** Written as JSON, because few SDKs take attributes that are more than a scalar. */
  readonly json?: true;
  /** The field is in a smaller unit: what a value is multiplied by. */
  readonly times?: number;
  readonly says: string;
}

/** Attributes of one beginning, each an entry of an object: `decision.feature.length` is `features.length`. */
export interface Family {
  readonly prefix: string;
  readonly field: string;
  readonly says: string;
}

export interface Table {
  readonly rows: readonly Row[];
  readonly families: readonly Family[];
}

export const actor = 'decision.actor.type';
export const workflow = 'decision.workflow.id';
export const task = 'decision.task.id';
export const linkType = 'decision.link.type';
export const inputHash = 'decision.input.hash';
export const outcomeLabel = 'decision.outcome.label';
export const decisionId = 'decision.id';
export const route = 'decision.route';
export const routeReason = 'decision.route_reason';

/** What every span within a decision may carry, so that it can be found by them. They alone make no decision of a span. */
export const context: readonly string[] = [workflow, task, decisionId];
/** What carries a decision out, or takes it back. */
export const step = 'decision.step.';

const subject: readonly Row[] = [
  { attribute: workflow, field: 'workflow_id', required: true, says: 'the workflow, as its policy names it' },
  { attribute: task, field: 'task_id', required: true, says: 'the case that is decided' },
];

const output: readonly Row[] = [
  { attribute: 'decision.output.label', field: 'output.label', says: 'what was answered, as one of the labels' },
  {
    attribute: 'decision.output.value',
    field: 'output.value',
    json: true,
    says: 'an answer that is more than a label, as JSON',
  },
];

export const aiTable: Table = {
  rows: [
    ...subject,
    { attribute: decisionId, field: 'decision_id', says: 'a UUID; derived from trace and span id when left out' },
    { attribute: 'decision.task.title', field: 'title', says: 'what a person would call the case' },
    { attribute: 'decision.model.name', field: 'model.name', required: true, says: 'what the model is called' },
    { attribute: 'decision.model.version', field: 'model.version', required: true, says: 'its version' },
    {
      attribute: 'decision.model.hash',
      field: 'model.hash',
      required: true,
      says: 'sha256:<hex> of the weights, or of what stands for them',
    },
    {
      attribute: inputHash,
      field: 'input_snapshot.hash',
      required: true,
      says: 'sha256:<hex> of what was decided on',
    },
    {
      attribute: 'decision.input.uri',
      field: 'input_snapshot.uri',
      says: 'where the input is kept; urn:<hash> when left out',
    },
    { attribute: 'decision.input.media_type', field: 'input_snapshot.media_type', says: 'its media type' },
    {
      attribute: 'decision.input.salt_bytes',
      field: 'input_snapshot.salt_bytes',
      says: 'how many random bytes the stored input begins with, 32; none when left out',
    },
    ...output,
    {
      attribute: 'decision.confidence',
      field: 'confidence',
      required: true,
      says: 'the probability in [0, 1] that the output is right',
    },
    { attribute: 'decision.risk_tier', field: 'risk_tier', required: true, says: 'low, medium or high' },
    {
      attribute: 'decision.reversible',
      field: 'reversible',
      required: true,
      says: 'true when what the AI may do can be taken back, else false',
    },
    {
      attribute: 'decision.action',
      field: 'action',
      required: true,
      says: 'what the AI proposes: accept, reject, modify, escalate or rollback',
    },
    { attribute: 'decision.justification', field: 'justification', says: 'why, in a sentence' },
    {
      attribute: route,
      field: 'route',
      says: 'auto when the AI carried it out itself, human when it was left to a person; human when left out',
    },
    { attribute: routeReason, field: 'route_reason', says: 'why a person has to decide' },
    {
      attribute: 'decision.breaker.epoch',
      field: 'breaker_epoch',
      says: 'the authority that was asked; 0 when left out: none was',
    },
    { attribute: 'decision.explanation.rationale', field: 'explanation.rationale', says: 'the explanation in words' },
    {
      attribute: 'decision.explanation.relevance',
      field: 'explanation.relevance',
      json: true,
      says: 'a JSON list of { feature, value, weight }',
    },
    {
      attribute: 'decision.explanation.counterfactuals',
      field: 'explanation.counterfactuals',
      json: true,
      says: 'a JSON list of { change, output }',
    },
    {
      attribute: 'decision.provenance.trained_at',
      field: 'provenance.trained_at',
      says: 'when the model was trained, RFC 3339 in UTC',
    },
    {
      attribute: 'decision.provenance.sources',
      field: 'provenance.sources',
      json: true,
      says: 'a JSON list of { name, fresh_at }',
    },
  ],
  families: [
    { prefix: 'decision.output.score.', field: 'output.scores', says: 'the score of a label' },
    { prefix: 'decision.feature.', field: 'features', says: 'a feature of the input, as the model saw it' },
  ],
};

export const humanTable: Table = {
  rows: [
    ...subject,
    { attribute: decisionId, field: 'decision_id', says: 'a UUID; derived from trace and span id when left out' },
    {
      attribute: 'decision.reviews.id',
      field: 'reviews',
      required: true,
      says: 'decision.id of the AI decision, or link its span with decision.link.type = "reviews"',
    },
    { attribute: 'decision.reviewer.id', field: 'reviewer', required: true, says: 'who decided' },
    {
      attribute: 'decision.action',
      field: 'action',
      required: true,
      says: 'accept, reject, modify, escalate or rollback',
    },
    { attribute: 'decision.justification', field: 'justification', says: 'why, in a sentence' },
    ...output,
    { attribute: 'decision.reason_code', field: 'reason_code', says: 'one of the policy’s reason codes' },
    {
      attribute: 'decision.review.duration',
      field: 'review_ms',
      times: 1_000,
      says: 'how long the person looked, in seconds',
    },
    {
      attribute: 'decision.queue.duration',
      field: 'queue_ms',
      times: 1_000,
      says: 'how long the case had waited, in seconds',
    },
    { attribute: 'decision.evidence.hash', field: 'evidence_hash', says: 'sha256:<hex> of what the person saw' },
    {
      attribute: 'decision.committed_label',
      field: 'committed_label',
      says: 'what the person said before they saw it',
    },
  ],
  families: [],
};

export const outcomeTable: Table = {
  rows: [
    ...subject,
    {
      attribute: decisionId,
      field: 'decision_id',
      required: true,
      says: 'that of the AI decision, or link its span with decision.link.type = "settles"',
    },
    { attribute: outcomeLabel, field: 'label', required: true, says: 'what was right' },
    { attribute: 'decision.outcome.cost', field: 'cost', says: 'of the error, in the smallest unit of the currency' },
    { attribute: 'decision.outcome.revenue', field: 'revenue', says: 'of the decision, in the same unit' },
    { attribute: 'decision.outcome.complaints', field: 'complaints', says: 'how many people complained' },
  ],
  families: [],
};
