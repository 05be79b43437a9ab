/** What the daemon writes of its own acts: the `data` of its records. */
import Type, { type Static } from 'typebox';
import { EscalationTier } from './alert-policy.ts';
import { InputHash, Name, Sha256, TaskId, Text, UtcInstant, Uuid, WorkflowId } from './fields.ts';
import { GateResult } from './change-control.ts';
import { Reference } from './reference.ts';
import { AlertTier, Autonomy, BreakerStateName, DecisionAction, RiskTier } from './words.ts';

const ModelVersion = Type.Object({ name: Name, version: Name });

/** A step of an alert: opened, moved to another tier, or resolved (`tier` null). */
export const AlertStep = Type.Object({
  workflow_id: WorkflowId,
  alert_id: Uuid,
  /** The monitor. */
  signal: Name,
  /** What of the workflow it is about, such as a feature or a reviewer; null when it is the whole. */
  subject: Type.Union([Type.String(), Type.Null()]),
  /** `*` when it is about all of them. */
  model: ModelVersion,
  /** The record that moved it, so that anyone can fold the ledger up to there and see the same. */
  log_index: Type.Integer({ minimum: 0 }),
  tier: Type.Union([AlertTier, Type.Null()]),
  previous_tier: Type.Union([AlertTier, Type.Null()]),
  value: Type.Union([Type.Number(), Type.Null()]),
  summary: Text,
  evidence: Type.Record(Type.String(), Type.Unknown()),
});
export type AlertStep = Static<typeof AlertStep>;

/** One transition of a breaker. */
export const BreakerStep = Type.Object({
  workflow_id: WorkflowId,
  model_name: Name,
  /** Null when it holds for every risk tier. */
  risk_tier: Type.Union([RiskTier, Type.Null()]),
  from: BreakerStateName,
  to: BreakerStateName,
  epoch: Type.Integer({ minimum: 1 }),
  by: Name,
  reason: Text,
  evidence: Type.Record(Type.String(), Type.Unknown()),
});
export type BreakerStep = Static<typeof BreakerStep>;

/** The queue of a workflow is full, or has room again: services are told to take on what people can decide. */
export const IntakeStep = Type.Object({
  workflow_id: WorkflowId,
  intake: Type.Enum(['open', 'full']),
  /** Cases that waited for people then, and how many may. */
  waiting: Type.Integer({ minimum: 0 }),
  limit: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
});
export type IntakeStep = Static<typeof IntakeStep>;

/** Change control: what became of a model version, or of a whole model, whose version and hash are null then. */
export const ModelStep = Type.Object({
  workflow_id: WorkflowId,
  model: Type.Object({
    name: Name,
    version: Type.Union([Name, Type.Null()]),
    hash: Type.Union([Sha256, Type.Null()]),
  }),
  change: Type.Enum([
    'first_seen',
    'hash_mismatch',
    'declared',
    'gate',
    'signed_off',
    'promoted',
    'widened',
    'paused',
    'fell_back',
    'rolled_back',
    'frozen',
    'thawed',
  ]),
  /** What it came to, or is to come to. */
  autonomy: Type.Optional(Autonomy),
  /** Who made it: with `declared`. */
  author: Type.Optional(Name),
  /** In which role: with `signed_off`. */
  role: Type.Optional(Name),
  /** With `gate`. */
  passed: Type.Optional(Type.Boolean()),
  results: Type.Optional(Type.Array(GateResult)),
  /** The version that takes its place, when it was rolled back. */
  restores: Type.Optional(Name),
  by: Name,
  justification: Text,
});
export type ModelStep = Static<typeof ModelStep>;

/** A policy came into force. */
export const PolicyStep = Type.Object({
  workflow_id: WorkflowId,
  hash: Sha256,
  previous_hash: Type.Union([Sha256, Type.Null()]),
  /** The file, so that what followed from it can be worked out again from the ledger alone. */
  text: Type.String({ maxLength: 200_000 }),
});
export type PolicyStep = Static<typeof PolicyStep>;

/** What a model is compared with from here on. */
export const ReferenceStep = Type.Object({
  workflow_id: WorkflowId,
  /** `version` is null when it holds for every version that has none of its own. */
  model: Type.Object({ name: Name, version: Type.Union([Name, Type.Null()]) }),
  reference: Reference,
  by: Name,
});
export type ReferenceStep = Static<typeof ReferenceStep>;

/** The workflow of records that are about the log itself. */
export const logWorkflow = 'countersign';

/** The log is signed with this key from here on. The key before it vouches for it, unless it was lost. */
export const KeyStep = Type.Object({
  workflow_id: Type.Literal(logWorkflow),
  /** As C2SP writes verifier keys. */
  key: Type.String({ maxLength: 500 }),
  previous: Type.Union([Type.String({ maxLength: 500 }), Type.Null()]),
  /** Ed25519 by the previous key, base64, over `keyEndorsement` of `./note.ts`. */
  endorsement: Type.Union([Type.String({ maxLength: 100 }), Type.Null()]),
});
export type KeyStep = Static<typeof KeyStep>;

/** Something was taken out of the record, by a policy or at somebody's word. The hashes of all of it stay. */
export const RetentionStep = Type.Union([
  Type.Object({
    workflow_id: Type.Literal(logWorkflow),
    what: Type.Literal('records_dropped'),
    /** Indexes of the log, [first, end). */
    first: Type.Integer({ minimum: 0 }),
    end: Type.Integer({ minimum: 1 }),
    /** The newest of them happened before this. */
    older_than: UtcInstant,
    by: Name,
    justification: Text,
  }),
  Type.Object({
    workflow_id: Type.Literal(logWorkflow),
    what: Type.Literal('input_erased'),
    /** The commitment in the decisions' entries. */
    input: InputHash,
    by: Name,
    justification: Text,
  }),
]);
export type RetentionStep = Static<typeof RetentionStep>;

const Filled = Type.String({ pattern: '\\S', maxLength: 20_000 });

/** What has to be known before an incident can be closed. */
export const Postmortem = Type.Object(
  {
    root_cause: Filled,
    /** The version that did it; the word `none` when no model was to blame. */
    model_version: Type.String({ pattern: '\\S', maxLength: 200 }),
    remediation: Filled,
    /** The test that would find it the next time. */
    test_added: Filled,
  },
  { additionalProperties: false },
);
export type Postmortem = Static<typeof Postmortem>;

/** A step of an incident on its way up the tiers, and back. */
export const EscalationStep = Type.Object({
  workflow_id: WorkflowId,
  incident_id: Uuid,
  model_name: Name,
  step: Type.Enum([
    'opened',
    'joined',
    'climbed',
    'acknowledged',
    'resolved',
    'reopened',
    'closed',
    'notified',
    'undeliverable',
    'not_sent',
  ]),
  /** The tier of the chain that it stands at, from 1. */
  level: Type.Integer({ minimum: 1 }),
  /** The alert that made it so. */
  alert_id: Type.Optional(Uuid),
  /** What holds until it is closed, whatever becomes of the policy: with `opened`. */
  chain: Type.Optional(Type.Array(EscalationTier)),
  /** Who was told, or could not be, and after how many attempts. */
  channel: Type.Optional(Name),
  attempts: Type.Optional(Type.Integer({ minimum: 0 })),
  /** What was done by itself on the way. */
  done: Type.Optional(Type.Array(Name)),
  postmortem: Type.Optional(Postmortem),
  by: Name,
  reason: Text,
  /** An exercise: nothing is wrong. */
  drill: Type.Boolean(),
});
export type EscalationStep = Static<typeof EscalationStep>;

/** Nobody is told of some alerts for a while. */
export const SilenceStep = Type.Object({
  workflow_id: WorkflowId,
  silence_id: Uuid,
  step: Type.Enum(['began', 'ended']),
  /** Of every signal, or every model, when they are null. */
  signal: Type.Union([Name, Type.Null()]),
  model_name: Type.Union([Name, Type.Null()]),
  until: UtcInstant,
  by: Name,
  reason: Text,
});
export type SilenceStep = Static<typeof SilenceStep>;

/** What came of a drill. */
export const DrillStep = Type.Object({
  workflow_id: WorkflowId,
  incident_id: Uuid,
  /** Who was reached, in which tier, how fast (ms), or why not. */
  reached: Type.Array(
    Type.Object({
      level: Type.Integer({ minimum: 1 }),
      channel: Name,
      ms: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
      problem: Type.Union([Text, Type.Null()]),
    }),
  ),
  acknowledged_by: Type.Union([Name, Type.Null()]),
  by: Name,
  justification: Text,
});
export type DrillStep = Static<typeof DrillStep>;

/** What people do with a case besides deciding it. */
export const ReviewStep = Type.Object({
  workflow_id: WorkflowId,
  task_id: TaskId,
  /** The decision_id of the AI decision. */
  reviews: Uuid,
  step: Type.Enum(['undone', 'handed_over']),
  /** What was undone. */
  action: Type.Optional(DecisionAction),
  /** To whom it was handed over. */
  to: Type.Optional(Name),
  by: Name,
  reason: Text,
});
export type ReviewStep = Static<typeof ReviewStep>;

/** A periodic audit: that one is to be drawn, which decisions were, and what was found. */
export const InspectionStep = Type.Object({
  workflow_id: WorkflowId,
  inspection_id: Uuid,
  step: Type.Enum(['announced', 'drawn', 'signed_off']),
  title: Text,
  /** Whoever has it can draw the same decisions again. Not known yet when it is announced. */
  seed: Type.Optional(Name),
  /** The index of its announcement: the seed is the root of the log up to and with it, in hex. Where a person did not name it. */
  announced: Type.Optional(Type.Integer({ minimum: 0 })),
  from: UtcInstant,
  to: UtcInstant,
  /** Drawn from the first so many records of the log; when it is announced, from at most so many. */
  log_size: Type.Optional(Type.Integer({ minimum: 0 })),
  /** The decisions by their place in the log. */
  sample: Type.Array(Type.Integer({ minimum: 0 })),
  /** What was found of each, by whom, and the SHA-256 of the note: with `signed_off`. */
  found: Type.Optional(
    Type.Array(
      Type.Object({
        log_index: Type.Integer({ minimum: 0 }),
        finding: Type.Enum(['good', 'wanting']),
        by: Name,
        note_hash: Sha256,
      }),
    ),
  ),
  /** How many were found good and how many wanting, by risk tier: with `signed_off`. */
  findings: Type.Optional(
    Type.Array(Type.Object({ risk_tier: RiskTier, good: Type.Integer(), wanting: Type.Integer() })),
  ),
  by: Name,
  reason: Text,
});
export type InspectionStep = Static<typeof InspectionStep>;
