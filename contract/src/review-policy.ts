/** What a policy says of how people decide: what they must say, who looks twice, and what keeps them from waving things through. */
import Type, { type Static } from 'typebox';
import { DecisionAction, type RiskTier } from './words.ts';

const closed = { additionalProperties: false };
const Line = (description: string) => Type.String({ minLength: 1, maxLength: 500, description });
const Span = (description: string) => Type.String({ minLength: 1, maxLength: 50, description });

const Shares = (description: string) => {
  const share = Type.Optional(Type.Number({ minimum: 0, maximum: 1 }));
  return Type.Optional(Type.Object({ low: share, medium: share, high: share }, { ...closed, description }));
};

export const BatchRules = Type.Object(
  {
    most: Type.Object(
      {
        low: Type.Optional(Type.Integer({ minimum: 0, maximum: 500 })),
        medium: Type.Optional(Type.Integer({ minimum: 0, maximum: 500 })),
        high: Type.Optional(Type.Integer({ minimum: 0, maximum: 500 })),
      },
      { ...closed, description: 'Cases that may be decided at once, by risk tier; 0 where it is left out.' },
    ),
    sample: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      description: 'Share of them that has to be opened first, drawn at random; at least one.',
    }),
  },
  { ...closed, description: 'Lets people decide alike cases at once. Without it each is decided by itself.' },
);
export type BatchRules = Static<typeof BatchRules>;

export const ReviewPolicy = Type.Object(
  {
    labels: Type.Array(Line('A label the model may give'), {
      description: 'What the model may say it is; empty for models whose answer is a value and no label.',
    }),
    lease: Span('How long a claim holds without being renewed: "5 minutes".'),
    justification_required: Type.Array(DecisionAction),
    reason_codes: Type.Array(Line('A short reason to choose from')),
    queue_limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description:
          'Cases that may wait for people. With more, services are told to take nothing on that needs a person, until there are a fifth fewer.',
      }),
    ),
    reviewers: Type.Optional(
      Type.Array(Line('A Grafana login'), {
        minItems: 1,
        description: 'Who may see and decide its cases; everyone with the permission to decide when it is left out.',
      }),
    ),
    undo_window: Type.Optional(
      Span('How long a decision waits before it is recorded and the service hears of it: until then it can be undone.'),
    ),
    commit_first: Shares(
      'Share of cases, by risk tier, in which people say what they think before they see the AI’s answer.',
    ),
    two_people: Shares('Share of cases, by risk tier, that two people decide without seeing one another’s answer.'),
    gold: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 0.2,
        description: 'Cases planted among the others, by their share: old ones whose right answer is known by now.',
      }),
    ),
    batch: Type.Optional(BatchRules),
    output: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description:
          'JSON Schema of output.value, for models whose answer is more than a label: what people may change it to.',
      }),
    ),
  },
  closed,
);
export type ReviewPolicy = Static<typeof ReviewPolicy>;

/** Of a risk tier; 0 where the policy says nothing. */
export const shareOf = (shares: ReviewPolicy['commit_first'], tier: RiskTier): number => shares?.[tier] ?? 0;
