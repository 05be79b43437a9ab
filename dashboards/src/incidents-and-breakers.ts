/** What went wrong, who was told, and what the AI may still decide. */
import { breakerTimeline } from './authority.ts';
import { colors, noneIsGood, steps } from './colors.ts';
import { build } from './dashboard.ts';
import { even, heading, row } from './grid.ts';
import { appPage, toApp } from './links.ts';
import { areas, bars, lines, stat } from './panels.ts';
import { max, queries, sum } from './queries.ts';
import { table } from './tables.ts';

const narrowedBy = ['workflow'] as const;
const { gauge, increase } = queries(narrowedBy);

const open = stat({
  title: 'Untaken incidents',
  shows: 'Incidents that nobody has acknowledged.',
  normal: 'None.',
  otherwise: 'Acknowledge it in Response. Until then it climbs to the next people of its chain.',
  unit: 'short',
  query: sum(gauge('countersign_incidents', { state: 'open' })),
  thresholds: noneIsGood(colors.bad),
  links: [toApp('Response', 'response')],
});
const oldest = stat({
  title: 'Oldest untaken',
  shows: 'Age of the oldest incident that nobody has acknowledged.',
  normal: '0.',
  otherwise: 'After 15 minutes somebody should have it: check that messages arrive, below.',
  unit: 's',
  decimals: 0,
  query: max(gauge('countersign_incident_unacknowledged_seconds')),
  thresholds: steps(colors.good, [1, colors.warning], [900, colors.bad]),
});
const worked = stat({
  title: 'Being worked on',
  shows: 'Incidents that somebody has acknowledged and that are not resolved.',
  normal: 'None, or as many as people can work on.',
  otherwise: 'Ask who has it whether they need help; Response shows every step that was taken.',
  unit: 'short',
  query: sum(gauge('countersign_incidents', { state: 'acknowledged' })),
  thresholds: noneIsGood(colors.warning),
});
const unclosed = stat({
  title: 'Resolved, not closed',
  shows: 'Incidents that are over and wait to be closed, some of them for a post-mortem.',
  normal: 'A few, for a day or two.',
  otherwise: 'Write the post-mortem in Response while people remember.',
  unit: 'short',
  query: sum(gauge('countersign_incidents', { state: 'resolved' })),
});
const breakers = stat({
  title: 'Breakers not closed',
  shows: 'Breakers that are open, forced open or half open: there people decide instead of the AI.',
  normal: 'None.',
  otherwise: 'The picture below says which. Make sure that there are people for the queue.',
  unit: 'short',
  query: sum(gauge('countersign_breaker_state', { state: { not: 'closed' } })),
  thresholds: noneIsGood(colors.bad),
});
const unsent = stat({
  title: 'Messages not sent',
  shows: 'Messages to people that should have been sent. What is held back for quiet hours does not count.',
  normal: '0. They leave within seconds.',
  otherwise: 'A channel cannot be reached: see below which. It is tried again; tell people by another way meanwhile.',
  unit: 'short',
  query: max(gauge('countersign_notifications_waiting', { reason: 'due' })),
  thresholds: noneIsGood(colors.bad),
});

const incidents = areas({
  title: 'Incidents',
  shows: 'Incidents that are not closed, by state.',
  normal: 'None.',
  otherwise: 'Red is what nobody has taken. What stays yellow for long needs more people, or another plan.',
  unit: 'short',
  series: [
    { query: sum(gauge('countersign_incidents', { state: 'open' })), legend: 'Nobody has taken', color: colors.bad },
    {
      query: sum(gauge('countersign_incidents', { state: 'acknowledged' })),
      legend: 'Being worked on',
      color: colors.warning,
    },
    { query: sum(gauge('countersign_incidents', { state: 'resolved' })), legend: 'Resolved', color: colors.good },
  ],
  links: [toApp('Response', 'response')],
});
const changes = bars({
  title: 'Changes of breakers',
  shows: 'How often breakers came into a state.',
  normal: 'Rare. An opening is followed by half open and closed.',
  otherwise:
    'One that opens again and again was given authority back too early: keep it open by hand until the cause is known.',
  unit: 'short',
  series: (
    [
      ['closed', 'Closed', colors.good],
      ['half_open', 'Half open', colors.warning],
      ['open', 'Open', colors.bad],
      ['forced_open', 'Forced open', colors.worst],
    ] as const
  ).map(([state, legend, color]) => ({
    query: sum(increase('countersign_breaker_changes_total', '$__interval', { state })),
    legend,
    color,
  })),
});
const tiers = (tier: 'info' | 'action_required' | 'incident') =>
  sum(increase('countersign_alerts_raised_total', '$__range', { tier }), ['workflow', 'monitor']);
const alerts = table({
  title: 'Alerts raised, by monitor',
  shows: 'How many alerts each monitor raised in the time shown, by the tier that they reached.',
  normal: 'Few, within the false-alarm budget of the policy.',
  otherwise: 'A monitor far above the others is tuned wrongly, or the problem that it names was never mended.',
  rowsOf: { workflow: { title: 'Workflow' }, monitor: { title: 'Monitor' } },
  columns: [
    {
      title: 'Incident',
      query: tiers('incident'),
      unit: 'short',
      decimals: 0,
      width: 120,
      thresholds: noneIsGood(colors.bad).build(),
    },
    {
      title: 'Action required',
      query: tiers('action_required'),
      unit: 'short',
      decimals: 0,
      width: 140,
      thresholds: noneIsGood(colors.warning).build(),
      link: { title: 'Response', url: appPage('response') },
    },
    { title: 'Info', query: tiers('info'), unit: 'short', decimals: 0, width: 100 },
  ],
  sortBy: { title: 'Incident', descending: true },
});
const age = lines({
  title: 'How long nobody takes an incident',
  shows: 'Age of the oldest incident of each workflow that nobody has acknowledged.',
  normal: '0, with short peaks.',
  otherwise:
    'Peaks beyond the first tier of the chain: the first people are not reached. A drill shows where it breaks.',
  unit: 's',
  min: 0,
  series: [{ query: max(gauge('countersign_incident_unacknowledged_seconds'), ['workflow']), legend: '{{workflow}}' }],
  compares: ['max'],
});
const told = (result: string) =>
  sum(increase('countersign_notifications_total', '$__interval', { result }), ['channel']);
const messages = bars({
  title: 'Messages to people',
  shows:
    'Attempts to tell people, by channel and what came of them. Not sent are those that a newer message made needless.',
  normal: 'All of them sent.',
  otherwise:
    'Undeliverable: the other side refused for good, and the log says why. Correct the channel and run a drill.',
  unit: 'short',
  series: [
    { query: told('sent'), legend: '{{channel}}: sent', color: colors.people },
    { query: told('retry'), legend: '{{channel}}: tried again', color: colors.warning },
    { query: told('undeliverable'), legend: '{{channel}}: undeliverable', color: colors.bad },
    { query: told('not_sent'), legend: '{{channel}}: not sent', color: colors.neutral },
  ],
  compares: ['sum'],
});
const orders = lines({
  title: 'Verdicts and messages that wait',
  shows: 'Verdicts and orders that are committed and not yet on NATS, and messages to people that are not sent.',
  normal: 'Near 0.',
  otherwise:
    'Verdicts wait when NATS does not answer, messages when a channel does not. Nothing is lost; it leaves when they are back.',
  unit: 'short',
  min: 0,
  series: [
    { query: max(gauge('countersign_outbox_pending')), legend: 'Verdicts and orders', color: colors.ai },
    {
      query: max(gauge('countersign_notifications_waiting', { reason: 'due' })),
      legend: 'Messages',
      color: colors.people,
    },
  ],
});

export const incidentsAndBreakers = build({
  name: 'incidents',
  title: 'Countersign / Incidents and breakers',
  description: 'What went wrong, who was told, and what the AI may still decide.',
  narrowedBy,
  from: 'now-24h',
  refresh: '30s',
  rows: [
    even(4, open, oldest, worked, unclosed, breakers, unsent),
    row(9, [24, breakerTimeline(narrowedBy)]),
    even(8, incidents, changes),
    row(9, [14, alerts], [10, age]),
    heading('Were people told?'),
    even(8, messages, orders),
  ],
});
