/** A workflow's policy: what is allowed and watched. Written in YAML; this is its schema, and the editor's too. */
import Type, { type Static } from 'typebox';
import { AutomationRules } from './authority.ts';
import { ChangeControl } from './change-control.ts';
import { WorkflowId } from './fields.ts';
import { AlertsPolicy, EscalationPolicy } from './alert-policy.ts';
import { BusinessCalendar, MonitorsPolicy } from './monitor-policy.ts';
import { Promotion } from './promote.ts';
import { PrivacyPolicy } from './privacy.ts';
import { ReviewPolicy } from './review-policy.ts';
import { AlertTier, RiskTier, Route } from './words.ts';

const closed = { additionalProperties: false };
const Line = (description: string) => Type.String({ minLength: 1, maxLength: 500, description });

/** Checked for its meaning where the policy is read. */
export const Duration = Type.String({
  minLength: 1,
  maxLength: 50,
  description:
    'A span of time: "90 seconds", "15 minutes", "2 hours", "3 days", "13 weeks", "3 years", or ISO 8601 such as "PT2H".',
});

export const FeatureKind = Type.Union([
  Type.Enum(['number', 'boolean', 'string']),
  Type.Array(Line('A value that it may have'), { minItems: 1 }),
]);
export type FeatureKind = Static<typeof FeatureKind>;

export const Loop = Type.Object(
  {
    decision_points: Type.Array(
      Type.Object(
        { name: Line('Short name'), asks: Line('The question the model answers'), model: Line('Model name') },
        closed,
      ),
      { minItems: 1 },
    ),
    data_sources: Type.Array(
      Type.Object({ name: Line('As in the provenance of decisions'), fresh_within: Type.Optional(Duration) }, closed),
    ),
    features: Type.Optional(
      Type.Record(Type.String(), FeatureKind, {
        description: 'What the model sees of a case: number, boolean, string, or the values that there are.',
      }),
    ),
    harms: Type.Array(
      Type.Object({ name: Line('What goes wrong'), to: Line('Who bears it'), risk_tier: RiskTier }, closed),
    ),
    human_roles: Type.Array(Type.Object({ name: Line('Role'), does: Line('What it is there for') }, closed), {
      minItems: 1,
    }),
  },
  { ...closed, description: 'The map of the loop: who decides what, on which data, and who is harmed by mistakes.' },
);

const Sla = Type.Object(
  {
    risk_tiers: Type.Array(RiskTier, { minItems: 1, description: 'The risk tiers that get this priority.' }),
    within: Duration,
  },
  closed,
);

/** What `retention` keeps when it does not say. */
export const defaultKeep = '3 years';

export const CanaryPhase = Type.Object(
  {
    share: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      description: 'Share of cases the AI takes, each verified by a person.',
    }),
    verified: Type.Integer({
      minimum: 1,
      description: 'Canaries a person must have verified before the phase can pass.',
    }),
    overrides_at_most: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      description: 'Share of all that people may come to change. Judged from those that were verified.',
    }),
    within: Type.Optional(Duration),
  },
  closed,
);
/** How long a canary phase may take when it does not say. */
export const defaultPhaseWithin = '7 days';
export type CanaryPhase = Static<typeof CanaryPhase>;

const TierBreaker = Type.Object(
  {
    opens_on: Type.Optional(AlertTier),
    when_unreachable: Type.Optional(Route),
  },
  closed,
);

export const Policy = Type.Object(
  {
    workflow: WorkflowId,
    title: Line('What people call the workflow'),
    owner: Line('Who answers for it'),
    loop: Loop,
    automation: AutomationRules,
    review: ReviewPolicy,
    sla: Type.Object({ P1: Sla, P2: Sla, P3: Sla, calendar: Type.Optional(BusinessCalendar) }, closed),
    monitors: Type.Optional(MonitorsPolicy),
    alerts: Type.Optional(AlertsPolicy),
    escalation: Type.Optional(EscalationPolicy),
    breaker: Type.Object(
      {
        opens_on: AlertTier,
        half_open: Type.Array(CanaryPhase, { minItems: 1, maxItems: 10 }),
        authority_lease: Duration,
        when_unreachable: Route,
        by_risk_tier: Type.Optional(
          Type.Object(
            { low: Type.Optional(TierBreaker), medium: Type.Optional(TierBreaker), high: Type.Optional(TierBreaker) },
            { ...closed, description: 'Where a risk tier has rules of its own.' },
          ),
        ),
      },
      closed,
    ),
    change_control: Type.Optional(ChangeControl),
    promote: Type.Optional(
      Type.Array(Promotion, {
        minItems: 1,
        maxItems: 100,
        description:
          'Spans of GenAI instrumentations that are AI decisions of this workflow. The first that fits counts.',
      }),
    ),
    privacy: Type.Optional(PrivacyPolicy),
    retention: Type.Optional(
      Type.Object(
        {
          keep: Type.Optional(Duration),
        },
        {
          ...closed,
          description:
            'Lets records be dropped when they are older than `keep` (3 years; not below 183 days). Without it they are kept for ever. The log is dropped from its beginning, so the longest of all workflows counts.',
        },
      ),
    ),
  },
  closed,
);
export type Policy = Static<typeof Policy>;
