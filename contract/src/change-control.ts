/** What a policy says of model versions: how far they may come by themselves, and what it takes to come further. */
import Type, { type Static } from 'typebox';
import { Words } from './fields.ts';
import { Autonomy } from './words.ts';

const closed = { additionalProperties: false };
const Line = (description: string) => Type.String({ minLength: 1, maxLength: 200, description });

export const Gate = Type.Object(
  {
    to: Type.Enum(['approval', 'canary', 'automatic'], { description: 'The autonomy that it guards.' }),
    signal: Type.Optional(Line('A monitor whose value is looked at, such as override_rate.')),
    subject: Type.Optional(Line('Of this feature, band or segment; of the whole when it is left out.')),
    report: Type.Optional(Line('Instead: a report from CI, such as bias, fairness or degradation.')),
    metric: Type.Optional(Line('The number of the report that is looked at.')),
    at_most: Type.Optional(Type.Number()),
    at_least: Type.Optional(Type.Number()),
  },
  closed,
);
export type Gate = Static<typeof Gate>;

/** A person's role in signing off; with `people`, only these Grafana logins have it. */
export const SigningRole = Type.Object(
  {
    name: Line('What the role is called: "domain expert".'),
    people: Type.Optional(Type.Array(Line('A Grafana login'), { minItems: 1, maxItems: 100 })),
  },
  closed,
);

export const ChangeControl = Type.Object(
  {
    starts_at: Type.Optional(
      Type.Enum(['shadow', 'approval'], {
        description: 'The autonomy of a version that is declared; approval by default.',
      }),
    ),
    roles: Type.Array(SigningRole, {
      minItems: 2,
      maxItems: 5,
      description: 'Each has to sign a promotion off, by another person, and none of them the author.',
    }),
    gates: Type.Optional(Type.Array(Gate, { maxItems: 50 })),
  },
  {
    ...closed,
    description: 'With it a version has no authority before it is declared, and gains more only by promotion.',
  },
);
export type ChangeControl = Static<typeof ChangeControl>;

/** What a gate said. */
export const GateResult = Type.Object({
  gate: Gate,
  value: Type.Union([Type.Number(), Type.Null()]),
  passed: Type.Boolean(),
  reason: Type.String(),
});
export type GateResult = Static<typeof GateResult>;

/** Reports from CI, by name, each with its numbers. */
export const GateReports = Type.Record(
  Type.String({ minLength: 1, maxLength: 200 }),
  Type.Record(Type.String({ minLength: 1, maxLength: 200 }), Type.Number()),
);
export type GateReports = Static<typeof GateReports>;

export const DeclareRequest = Type.Object(
  {
    workflow_id: Type.String(),
    model: Type.Object({
      name: Type.String({ minLength: 1, maxLength: 200, pattern: '^(?!\\*$)' }),
      version: Type.String({ minLength: 1, maxLength: 200 }),
      hash: Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }),
    }),
    /** Who made it, by Grafana login: does not sign it off. */
    author: Type.String({ minLength: 1, maxLength: 200 }),
    /** Only of the first version of a model, before which there was nothing. */
    autonomy: Type.Optional(Autonomy),
    justification: Words(20_000),
  },
  closed,
);
export type DeclareRequest = Static<typeof DeclareRequest>;

export const PromoteRequest = Type.Object(
  {
    workflow_id: Type.String(),
    model_name: Type.String(),
    version: Type.String(),
    to: Autonomy,
    /** One of the policy's. */
    role: Type.String({ minLength: 1, maxLength: 200 }),
    justification: Words(20_000),
  },
  closed,
);
export type PromoteRequest = Static<typeof PromoteRequest>;

export const ThawRequest = Type.Object(
  {
    workflow_id: Type.String(),
    model_name: Type.String(),
    justification: Words(20_000),
    /** Why it is frozen, as the person has seen it: refused when it is frozen for another reason by now. */
    frozen: Type.Optional(Type.String({ maxLength: 20_000 })),
  },
  closed,
);
export type ThawRequest = Static<typeof ThawRequest>;
