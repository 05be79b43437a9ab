/** All workflows at a glance: what needs somebody now, and where. */
import { aloneRatio, breakerTimeline } from './authority.ts';
import { colors, noneIsGood, steps, tierMapping, upMapping } from './colors.ts';
import { build } from './dashboard.ts';
import { even, heading, row } from './grid.ts';
import { appPage, dashboardUrl, toApp, toDashboard } from './links.ts';
import { areas, bars, lines, stat, timeline } from './panels.ts';
import { max, min, orZero, queries, sum, times } from './queries.ts';
import { serviceLevels } from './service-levels.ts';
import { table } from './tables.ts';

const narrowedBy = ['workflow'] as const;
const { gauge, rate, increase } = queries(narrowedBy);
const workflow = ['workflow'] as const;
const thisWorkflow = '${__data.fields.Workflow:percentencode}';

const unacknowledged = stat({
  title: 'Untaken incidents',
  shows: 'Incidents that nobody has acknowledged.',
  normal: 'None.',
  otherwise: 'Acknowledge it in Response, so that it does not climb to the next people, and follow its runbook.',
  unit: 'short',
  query: sum(gauge('countersign_incidents', { state: 'open' })),
  thresholds: noneIsGood(colors.bad),
  links: [toApp('Response', 'response')],
});
const alerts = stat({
  title: 'Alerts to act on',
  shows: 'Open alerts of the tiers action required and incident.',
  normal: 'None. The false-alarm budget of each policy allows a few in a quarter.',
  otherwise: 'Read the alert in Response: it has the evidence and, where it is known, the cause.',
  unit: 'short',
  query: sum(gauge('countersign_alerts', { tier: ['action_required', 'incident'] })),
  thresholds: noneIsGood(colors.warning),
  links: [toApp('Response', 'response')],
});
const breakers = stat({
  title: 'Breakers not closed',
  shows: 'Breakers that are open, forced open or half open: there people decide instead of the AI.',
  normal: 'None.',
  otherwise: 'See which on the dashboard of incidents, and make sure that there are people for the queue that grows.',
  unit: 'short',
  query: sum(gauge('countersign_breaker_state', { state: { not: 'closed' } })),
  thresholds: noneIsGood(colors.bad),
  links: [toDashboard('Incidents and breakers', 'incidents')],
});
const overdue = stat({
  title: 'Overdue cases',
  shows: 'Cases that wait for a person and are past the time that their service level gives.',
  normal: 'None.',
  otherwise: 'Decide them first: the queue is sorted by what is due. If they grow, bring more reviewers in.',
  unit: 'short',
  query: sum(gauge('countersign_review_queue_overdue_cases')),
  thresholds: noneIsGood(colors.bad),
  links: [toApp('Review', 'review')],
});
const lateSoon = stat({
  title: 'Will be late',
  shows: 'Waiting cases that will be decided late at the pace of the newest decisions.',
  normal: 'None.',
  otherwise: 'There is still time: bring reviewers in now, or take fewer cases in.',
  unit: 'short',
  query: orZero(sum(gauge('countersign_sla_forecast_late_cases'))),
  thresholds: noneIsGood(colors.warning),
  links: [toDashboard('Human oversight', 'oversight')],
});
const itself = stat({
  title: 'Countersign',
  shows: 'Whether PostgreSQL and NATS answer the daemon. It has no data when the daemon itself is not reached.',
  normal: 'Up.',
  otherwise: 'No other number here is fresh. Go to Countersign itself to see what is missing.',
  unit: 'none',
  query: min(gauge('countersign_dependency_up')),
  thresholds: steps(colors.bad, [1, colors.good]),
  mappings: upMapping,
  links: [toDashboard('Countersign itself', 'itself')],
});

const needs = table({
  title: 'Workflows, by what they need',
  shows:
    'Each workflow with its highest signal and what waits in it, the neediest first. A click on a workflow opens its dashboard.',
  normal: 'No signal, no incident, nothing overdue. A dash means that there is nothing to say.',
  otherwise: 'Begin at the top. Incidents come before overdue cases, and those before cases that will be late.',
  rowsOf: {
    workflow: {
      title: 'Workflow',
      link: { title: 'Workflow', url: dashboardUrl('workflow', thisWorkflow) },
    },
  },
  columns: [
    {
      title: 'Signal',
      query: max(gauge('countersign_signal_tier'), workflow),
      unit: 'none',
      width: 150,
      mappings: tierMapping,
    },
    {
      title: 'Incidents',
      query: sum(gauge('countersign_incidents', { state: ['open', 'acknowledged'] }), workflow),
      unit: 'short',
      width: 110,
      thresholds: noneIsGood(colors.bad).build(),
      link: { title: 'Response', url: appPage('response') },
    },
    {
      title: 'Breakers not closed',
      query: sum(gauge('countersign_breaker_state', { state: { not: 'closed' } }), workflow),
      unit: 'short',
      width: 170,
      thresholds: noneIsGood(colors.bad).build(),
    },
    {
      title: 'Waiting',
      query: sum(gauge('countersign_review_queue_cases'), workflow),
      unit: 'short',
      width: 110,
      link: { title: 'Review', url: appPage('review') },
    },
    {
      title: 'Overdue',
      query: sum(gauge('countersign_review_queue_overdue_cases'), workflow),
      unit: 'short',
      width: 110,
      thresholds: noneIsGood(colors.bad).build(),
    },
    {
      title: 'Will be late',
      query: sum(gauge('countersign_sla_forecast_late_cases'), workflow),
      unit: 'short',
      width: 120,
      thresholds: noneIsGood(colors.warning).build(),
    },
    {
      title: 'Oldest',
      query: max(gauge('countersign_review_queue_oldest_seconds'), workflow),
      unit: 's',
      decimals: 0,
      width: 110,
    },
    {
      title: 'AI decides alone',
      query: aloneRatio(narrowedBy, '$__range', workflow),
      unit: 'percentunit',
      decimals: 0,
      width: 150,
    },
  ],
  sortBy: { title: 'Signal', descending: true },
});

const decisions = areas({
  title: 'Decisions a minute',
  shows: 'Decisions of the AI and of people, all workflows together.',
  normal: 'The season of your work. People decide a steady part of what the AI leaves to them.',
  otherwise:
    'When the AI falls to zero, its service or the way to the daemon is down; when people fall and the queue grows, reviewers are missing.',
  unit: 'short',
  series: [
    { query: times(sum(rate('countersign_decisions_total', { actor: 'ai' })), 60), legend: 'AI', color: colors.ai },
    {
      query: times(sum(rate('countersign_decisions_total', { actor: 'human' })), 60),
      legend: 'People',
      color: colors.people,
    },
  ],
});
const signals = timeline({
  title: 'Highest signal of each workflow',
  shows: 'The highest tier that any monitor of a workflow has reached.',
  normal: 'None. Info tells of something to know, without haste.',
  otherwise: 'Open Model health for what the monitor saw, or Human oversight when it is about people and queues.',
  unit: 'none',
  query: max(gauge('countersign_signal_tier'), workflow),
  legend: '{{workflow}}',
  mappings: tierMapping,
  links: [toDashboard('Model health', 'modelHealth')],
});
const queue = lines({
  title: 'Cases that wait',
  shows: 'Cases in the review queue of each workflow, those that somebody holds included.',
  normal: 'It rises and falls with the day and comes back to near zero.',
  otherwise: 'A queue that only rises has too few reviewers, or a breaker has sent everything to people.',
  unit: 'short',
  min: 0,
  series: [{ query: sum(gauge('countersign_review_queue_cases'), workflow), legend: '{{workflow}}' }],
  compares: ['lastNotNull', 'max'],
});
const raised = bars({
  title: 'Alerts raised',
  shows: 'Alerts that opened at a tier or rose to it.',
  normal: 'Mostly empty. Many of tier info on the day of a release are no surprise.',
  otherwise:
    'Alerts that come again and again are tuned wrongly or name a problem that nobody has mended: look at the policy.',
  unit: 'short',
  series: [
    {
      query: sum(increase('countersign_alerts_raised_total', '$__interval', { tier: 'incident' })),
      legend: 'Incident',
      color: colors.bad,
    },
    {
      query: sum(increase('countersign_alerts_raised_total', '$__interval', { tier: 'action_required' })),
      legend: 'Action required',
      color: colors.warning,
    },
    {
      query: sum(increase('countersign_alerts_raised_total', '$__interval', { tier: 'info' })),
      legend: 'Info',
      color: colors.neutral,
    },
  ],
});

export const fleet = build({
  name: 'fleet',
  title: 'Countersign / Fleet',
  description: 'All workflows: what needs somebody now, and where.',
  narrowedBy,
  from: 'now-6h',
  refresh: '1m',
  rows: [
    even(4, unacknowledged, alerts, breakers, overdue, lateSoon, itself),
    row(8, [24, needs]),
    even(8, decisions, signals),
    heading('Service levels of the time shown'),
    even(4, ...serviceLevels(narrowedBy)),
    heading('What led here'),
    even(8, queue, raised),
    row(7, [24, breakerTimeline(narrowedBy)]),
  ],
});
