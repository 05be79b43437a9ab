/** What it is worth: how much was decided, what errors cost, and what people spend on it. */
import { aloneRatio } from './authority.ts';
import { colors } from './colors.ts';
import { build } from './dashboard.ts';
import { even, heading, row } from './grid.ts';
import { toApp, toDashboard } from './links.ts';
import { areas, bars, lines, stat } from './panels.ts';
import { divide, inMajorUnits, minus, orZero, queries, sum, times, type Window } from './queries.ts';
import { table } from './tables.ts';
import { minorUnits } from './variables.ts';

const narrowedBy = ['workflow'] as const;
const { increase, observed, rate } = queries(narrowedBy);
const workflow = ['workflow'] as const;
type Kind = 'cost' | 'saving' | 'revenue' | 'loss';

const money = (kind: Kind, over: Window) =>
  inMajorUnits(sum(increase('countersign_outcome_money_minor_units_total', over, { kind })));
const moneyOf = (kind: Kind) =>
  inMajorUnits(sum(increase('countersign_outcome_money_minor_units_total', '$__range', { kind }), workflow));
const aiDecisions = sum(increase('countersign_decisions_total', '$__range', { actor: 'ai' }));

const decided = stat({
  title: 'AI decisions',
  shows: 'Decisions of the AI in the time shown.',
  normal: 'Your volume.',
  otherwise: 'Far fewer than usual: look at Workflow, whether the service or the way to the daemon was down.',
  unit: 'short',
  decimals: 1,
  query: orZero(aiDecisions),
  links: [toDashboard('Workflow', 'workflow')],
});
const alone = stat({
  title: 'AI decides alone',
  shows: 'Share of AI decisions in the time shown that needed no person.',
  normal: 'What the policy means it to be.',
  otherwise:
    'Low: each breaker and each low confidence costs people time. Compare with Decision authority on Workflow.',
  unit: 'percentunit',
  decimals: 0,
  query: aloneRatio(narrowedBy, '$__range'),
  links: [toApp('Loop', 'loop')],
});
const cost = stat({
  title: 'Cost of errors',
  shows: 'What wrong decisions cost in the time shown, as outcomes reported it. The sign stands for your currency.',
  normal: 'Below the limit of the policy.',
  otherwise:
    'Find the workflow below. A few dear errors are for a lower authority at high risk, many cheap ones for the model.',
  unit: 'currency:¤',
  decimals: 1,
  query: orZero(money('cost', '$__range')),
});
const revenue = stat({
  title: 'Revenue less loss',
  shows: 'Revenue that outcomes reported in the time shown, less losses.',
  normal: 'Above the cost of errors.',
  otherwise: 'Falling with the same volume: look at errors and at the version that decides.',
  unit: 'currency:¤',
  decimals: 1,
  query: orZero(minus(money('revenue', '$__range'), money('loss', '$__range'))),
});
const complaints = stat({
  title: 'Complaints per 1,000',
  shows: 'Complaints about decisions that the AI took, for 1,000 of its decisions in the time shown.',
  normal: 'What people complained about before there was an AI.',
  otherwise: 'Read them in Audit. What people complain about is worth a segment or a rule in the policy.',
  unit: 'short',
  decimals: 1,
  query: times(divide(sum(increase('countersign_complaints_total', '$__range')), aiDecisions), 1_000),
  links: [toApp('Audit', 'audit')],
});
const effort = stat({
  title: 'Time of reviewers',
  shows: 'Time that cases were in front of reviewers in the time shown, all together.',
  normal: 'What you have people for.',
  otherwise:
    'Rising with the same volume: more is left to people. Raise confidence by a better model before you lower thresholds.',
  unit: 's',
  decimals: 1,
  query: orZero(sum(observed('countersign_review_seconds', 'sum', '$__range'))),
  links: [toDashboard('Human oversight', 'oversight')],
});

const volume = areas({
  title: 'Decisions an hour',
  shows: 'Decisions of the AI, alone or left to people, and of people.',
  normal: 'The season of your work.',
  otherwise:
    'A growing part that is left to people is cost: see whether breakers, thresholds or canaries are behind it.',
  unit: 'short',
  series: [
    {
      query: times(sum(rate('countersign_decisions_total', { actor: 'ai', route: 'auto' })), 3_600),
      legend: 'AI alone',
      color: colors.ai,
    },
    {
      query: times(sum(rate('countersign_decisions_total', { actor: 'ai', route: 'human' })), 3_600),
      legend: 'AI, left to people',
      color: 'light-purple',
    },
    {
      query: times(sum(rate('countersign_decisions_total', { actor: 'human' })), 3_600),
      legend: 'People',
      color: colors.people,
    },
  ],
  compares: ['mean', 'max'],
});
const flow = bars({
  title: 'Money of outcomes',
  shows: 'Cost of errors, savings, revenue and losses, as outcomes reported them.',
  normal: 'Revenue and savings outweigh cost and loss.',
  otherwise:
    'A single high bar of cost is one case: find it in Audit by its day. Many are a trend: look at Model health.',
  unit: 'currency:¤',
  series: (
    [
      ['revenue', 'Revenue', colors.good],
      ['saving', 'Savings', 'light-green'],
      ['cost', 'Cost of errors', colors.bad],
      ['loss', 'Losses', colors.worst],
    ] as const
  ).map(([kind, legend, color]) => ({ query: money(kind, '$__interval'), legend, color })),
  compares: ['sum'],
});
const perThousand = lines({
  title: 'Complaints per 1,000 decisions',
  shows: 'Complaints in the last hour for 1,000 AI decisions of each workflow.',
  normal: 'Low and steady.',
  otherwise: 'Complaints come before outcomes: a rise after a release is reason enough to look at it.',
  unit: 'short',
  min: 0,
  series: [
    {
      query: times(
        divide(
          sum(increase('countersign_complaints_total', '1h'), workflow),
          sum(increase('countersign_decisions_total', '1h', { actor: 'ai' }), workflow),
        ),
        1_000,
      ),
      legend: '{{workflow}}',
    },
  ],
  compares: ['mean', 'max'],
});
const people = lines({
  title: 'Reviewers at work',
  shows: 'How many people would be looking at cases all the time, of each workflow, over the last hour.',
  normal: 'Below the number of reviewers on duty.',
  otherwise: 'Near that number, the queue will grow: plan for more people, or leave less to them.',
  unit: 'short',
  decimals: 1,
  min: 0,
  series: [
    {
      query: times(sum(observed('countersign_review_seconds', 'sum', '1h'), workflow), 1 / 3_600),
      legend: '{{workflow}}',
    },
  ],
  compares: ['mean', 'max'],
});
const workflows = table({
  title: 'Workflows by money',
  shows: 'What each workflow decided, cost and earned in the time shown.',
  normal: 'Cost is small beside revenue or savings.',
  otherwise: 'Begin with the highest cost for each decision: there one error less is worth most.',
  rowsOf: { workflow: { title: 'Workflow' } },
  columns: [
    {
      title: 'AI decisions',
      query: sum(increase('countersign_decisions_total', '$__range', { actor: 'ai' }), workflow),
      unit: 'short',
      decimals: 1,
      width: 140,
    },
    {
      title: 'Alone',
      query: aloneRatio(narrowedBy, '$__range', workflow),
      unit: 'percentunit',
      decimals: 0,
      width: 110,
    },
    { title: 'Cost of errors', query: moneyOf('cost'), unit: 'currency:¤', decimals: 1, width: 150 },
    { title: 'Savings', query: moneyOf('saving'), unit: 'currency:¤', decimals: 1, width: 130 },
    { title: 'Revenue', query: moneyOf('revenue'), unit: 'currency:¤', decimals: 1, width: 130 },
    { title: 'Losses', query: moneyOf('loss'), unit: 'currency:¤', decimals: 1, width: 130 },
    {
      title: 'Complaints',
      query: sum(increase('countersign_complaints_total', '$__range'), workflow),
      unit: 'short',
      decimals: 0,
      width: 130,
    },
    {
      title: 'Time of reviewers',
      query: sum(observed('countersign_review_seconds', 'sum', '$__range'), workflow),
      unit: 's',
      decimals: 1,
      width: 160,
    },
  ],
  sortBy: { title: 'Cost of errors', descending: true },
});

export const business = build({
  name: 'business',
  title: 'Countersign / Business',
  description: 'What it is worth: how much was decided, what errors cost, and what people spend on it.',
  narrowedBy,
  variables: [minorUnits()],
  from: 'now-30d',
  refresh: '15m',
  rows: [
    even(4, decided, alone, cost, revenue, complaints, effort),
    row(7, [24, workflows]),
    even(9, volume, flow),
    heading('What it asks of people'),
    even(8, perThousand, people),
  ],
});
