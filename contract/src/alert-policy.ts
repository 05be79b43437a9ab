/** What a policy says of alerts and of who is told of them. All of it may be left out; the defaults say what holds then. */
import Type, { type Static } from 'typebox';
import { AlertTier, RiskTier, Route } from './words.ts';

const closed = { additionalProperties: false };
const Line = (description: string) => Type.String({ minLength: 1, maxLength: 200, description });
/** A duration; its meaning is checked where the policy is read. */
const Span = (description: string) => Type.String({ minLength: 1, maxLength: 50, description });

export const CountRule = Type.Object(
  {
    name: Line('What the alert is called: "Unsure about a critical decision".'),
    of: Type.Enum(['decision', 'override', 'false_positive', 'complaint', 'late_review'], {
      description:
        'What is counted: AI decisions, those that people changed, those that they changed from the positive label, complaints, or reviews after their window.',
    }),
    risk_tiers: Type.Optional(Type.Array(RiskTier, { minItems: 1, description: 'Only of these risk tiers.' })),
    confidence_below: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'Only with a confidence below this.' }),
    ),
    route: Type.Optional(Route),
    at_least: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: 'How many; 1 by default.' })),
    within: Span('In how much time: "1 hour".'),
    tier: AlertTier,
  },
  closed,
);
export type CountRule = Static<typeof CountRule>;

export const ThresholdRule = Type.Object(
  {
    signal: Type.Enum(
      [
        'input_drift',
        'prediction_drift',
        'concept_drift',
        'calibration',
        'accuracy',
        'override_rate',
        'latency',
        'data_sources',
        'business',
        'fairness',
        'reviewers',
        'sla',
      ],
      { description: 'The monitor whose value is looked at.' },
    ),
    subject: Type.Optional(Line('Only of this feature, band or reviewer; of the whole when it is left out.')),
    above: Type.Optional(Type.Number({ description: 'An alert stands while the value is above this.' })),
    below: Type.Optional(Type.Number({ description: 'An alert stands while the value is below this.' })),
    until: Type.Optional(
      Type.Number({
        description:
          'How far back the value has to go for the alert to end: the hysteresis. As far as it came by default.',
      }),
    ),
    tier: AlertTier,
  },
  closed,
);
export type ThresholdRule = Static<typeof ThresholdRule>;

export const AlertsPolicy = Type.Object(
  {
    counts: Type.Optional(
      Type.Array(CountRule, { maxItems: 20, description: 'So many in so much time. Outside the false-alarm budget.' }),
    ),
    thresholds: Type.Optional(
      Type.Array(ThresholdRule, {
        maxItems: 20,
        description: 'A value that is too high or too low. Outside the false-alarm budget.',
      }),
    ),
  },
  { ...closed, description: 'What is an alert beyond what the monitors find by themselves.' },
);
export type AlertsPolicy = Static<typeof AlertsPolicy>;

export const EscalationTier = Type.Object(
  {
    name: Line('What this tier is called: "On-call expert".'),
    do: Type.Optional(
      Type.Array(Type.Enum(['pause', 'freeze']), {
        uniqueItems: true,
        description: 'What is done by itself: pause what the AI does alone, freeze the rollout of the model.',
      }),
    ),
    notify: Type.Array(Line('A channel of the daemon'), { maxItems: 10, uniqueItems: true }),
    wait: Type.Optional(Span('How long an acknowledgement is waited for before the next tier. Not of the last tier.')),
  },
  closed,
);
export type EscalationTier = Static<typeof EscalationTier>;

export const QuietHours = Type.Object(
  {
    time_zone: Type.String({ minLength: 1, maxLength: 100, description: 'An IANA name such as "Europe/Berlin".' }),
    from: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: 'When they begin: "22:00".' }),
    to: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: 'When they end: "07:00".' }),
  },
  {
    ...closed,
    description:
      'When nobody of the first two tiers is told anything; they are told when it ends. Later tiers always are.',
  },
);
export type QuietHours = Static<typeof QuietHours>;

export const EscalationPolicy = Type.Object(
  {
    opens_on: Type.Optional(AlertTier),
    tiers: Type.Optional(Type.Array(EscalationTier, { minItems: 1, maxItems: 5 })),
    quiet_hours: Type.Optional(QuietHours),
  },
  { ...closed, description: 'Who is told of an incident, in which order, and what is done by itself meanwhile.' },
);
export type EscalationPolicy = Static<typeof EscalationPolicy>;

/** What holds where a policy says nothing. */
export const escalationDefaults = {
  opens_on: 'incident',
  tiers: [
    { name: 'Automated mitigation', do: ['pause'], notify: ['slack'], wait: '10 minutes' },
    { name: 'On-call expert', do: [], notify: ['pagerduty'], wait: '30 minutes' },
    { name: 'Executives', do: ['freeze'], notify: ['executives-email', 'executives-phone'] },
  ],
} as const satisfies EscalationPolicy;
