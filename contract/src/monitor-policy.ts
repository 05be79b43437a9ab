/** What a policy says of the monitors. All of it may be left out; `monitorDefaults` says what holds then. */
import Type, { type Static } from 'typebox';

const closed = { additionalProperties: false };
const Share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const Rate = (description: string) => Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, description });
const Count = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, description });
const Name = Type.String({ minLength: 1, maxLength: 200 });
/** A duration; its meaning is checked where the policy is read. */
const Span = (description: string) => Type.String({ minLength: 1, maxLength: 50, description });

const Drift = Type.Object(
  {
    window: Type.Optional(Count(50, 100_000, 'Decisions that are compared with the reference at a time.')),
    info: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'Population stability index worth knowing of.' }),
    ),
    action_required: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'Population stability index that somebody has to look into.' }),
    ),
  },
  closed,
);

const rateFields = {
  baseline: Type.Optional(
    Rate('The share that is usual, at most, at any time. Learnt from the first events when it is left out.'),
  ),
  learn_from: Type.Optional(
    Count(200, 20_000, 'Events that the usual share, its season and its memory are learnt from.'),
  ),
  minimum_lift: Type.Optional(
    Share('How far above the usual share that of the newest events has to be for any alert.'),
  ),
};

export const MonitorsPolicy = Type.Object(
  {
    false_alarms: Type.Optional(
      Type.Object(
        {
          incidents: Type.Number({
            exclusiveMinimum: 0,
            maximum: 1_000,
            description: 'False incidents to put up with.',
          }),
          per: Span('In how much time: "13 weeks".'),
        },
        { ...closed, description: 'The budget, spent across everything that is watched of the workflow.' },
      ),
    ),
    reference: Type.Optional(
      Type.Object(
        { first: Count(100, 20_000, 'The reference is taken from so many first decisions of a model.') },
        closed,
      ),
    ),
    positive_label: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        description: 'The label that is a "positive": what false positives, precision and recall are about.',
      }),
    ),
    labels_mature_within: Type.Optional(Span('When outcomes of nearly all decisions are known: "7 days".')),
    input_drift: Type.Optional(Drift),
    prediction_drift: Type.Optional(Drift),
    concept_drift: Type.Optional(
      Type.Object(
        { ...rateFields, minimum_outcomes: Type.Optional(Count(1, 10_000, 'An incident takes at least as many.')) },
        { ...closed, description: 'The share of decisions that outcomes show to be wrong.' },
      ),
    ),
    calibration: Type.Optional(
      Type.Object(
        {
          window: Type.Optional(Count(300, 20_000, 'The newest outcomes that the curve is drawn from.')),
          minimum_outcomes: Type.Optional(Count(50, 20_000, 'Fewer are inconclusive.')),
          minimum_error: Type.Optional(Share('Calibration error beyond chance that is worth an alert.')),
        },
        closed,
      ),
    ),
    override_rate: Type.Optional(
      Type.Object(
        {
          ...rateFields,
          minimum_decisions: Type.Optional(
            Count(1, 10_000, 'An incident takes at least as many reviews; fewer without evidence are inconclusive.'),
          ),
          bands: Type.Optional(
            Type.Array(Rate('Confidence'), {
              maxItems: 9,
              description: 'Where bands of confidence end; each band is watched by itself.',
            }),
          ),
        },
        closed,
      ),
    ),
    reviewers: Type.Optional(
      Type.Object(
        {
          catch_rate: Type.Optional(Share('The share of planted errors that a reviewer has to find.')),
          minimum_golds: Type.Optional(Count(5, 1_000, 'Planted errors seen before anybody is judged.')),
          minimum_cases: Type.Optional(Count(10, 1_000, 'Cases with several reviewers before agreement is judged.')),
          agreement: Type.Optional(Share("Krippendorff's α that reviewers should reach.")),
        },
        closed,
      ),
    ),
    latency: Type.Optional(
      Type.Object(
        {
          within: Span('How long a decision may take.'),
          share: Type.Optional(Rate('The share of decisions that has to be as fast.')),
        },
        closed,
      ),
    ),
    sla: Type.Optional(
      Type.Object({ met_at_least: Type.Optional(Rate('Share of human decisions that has to be in time.')) }, closed),
    ),
    business: Type.Optional(
      Type.Object(
        {
          error_cost_at_most: Type.Optional(
            Type.Integer({
              minimum: 0,
              description: 'Mean cost of errors a decision, in the smallest unit of the currency.',
            }),
          ),
          complaints_at_most: Type.Optional(Share('Complaints a decision.')),
        },
        closed,
      ),
    ),
    fairness: Type.Optional(
      Type.Object(
        {
          segments: Type.Array(Name, {
            minItems: 1,
            maxItems: 10,
            description: 'Features that name protected segments.',
          }),
          minimum_gap: Type.Optional(
            Share('A difference of rates between a segment and the rest that is worth an alert.'),
          ),
        },
        closed,
      ),
    ),
  },
  { ...closed, description: 'What is watched, and how much false alarm is put up with.' },
);
export type MonitorsPolicy = Static<typeof MonitorsPolicy>;

/** What holds where a policy says nothing. */
export const monitorDefaults = {
  false_alarms: { incidents: 1, per: '13 weeks' },
  reference: { first: 2_000 },
  labels_mature_within: '7 days',
  input_drift: { window: 500, info: 0.1, action_required: 0.25 },
  prediction_drift: { window: 500, info: 0.1, action_required: 0.25 },
  concept_drift: { learn_from: 1_000, minimum_lift: 0.05, minimum_outcomes: 50 },
  calibration: { window: 2_000, minimum_outcomes: 300, minimum_error: 0.03 },
  override_rate: { learn_from: 4_000, minimum_decisions: 50, minimum_lift: 0.05, bands: [0.7, 0.9] },
  reviewers: { catch_rate: 0.7, minimum_golds: 20, minimum_cases: 50, agreement: 0.8 },
  latency: { share: 0.95 },
  sla: { met_at_least: 0.95 },
  fairness: { minimum_gap: 0.1 },
} as const;

export const BusinessCalendar = Type.Object(
  {
    time_zone: Type.String({ minLength: 1, maxLength: 100, description: 'An IANA name such as "Europe/Berlin".' }),
    days: Type.Array(Type.Enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']), { minItems: 1, uniqueItems: true }),
    from: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: 'When work begins: "09:00".' }),
    to: Type.String({ pattern: '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$', description: 'When it ends: "17:30".' }),
    holidays: Type.Optional(
      Type.Array(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), { maxItems: 1_000, description: 'Days off.' }),
    ),
  },
  { ...closed, description: 'When people work; spans in business hours count only that time.' },
);
export type BusinessCalendar = Static<typeof BusinessCalendar>;
