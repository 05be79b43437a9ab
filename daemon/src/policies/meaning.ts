/** What is wrong with a policy that its schema cannot say. Pure. */
import { monitorDefaults, type Policy } from '@countersign/contract';
import Schema from 'typebox/schema';
import { calendarProblem, isBusinessSpan, isReachable, isTimeZone } from './business-hours.ts';
import { durationHint, parseDuration } from './duration.ts';
import { wrongPrivacy } from './privacy.ts';

export interface Wrong {
  readonly path: readonly string[];
  readonly message: string;
}

const shortestRetentionMs = 183 * 86_400_000;

/** Everything, each with where it stands. */
export function meaning(policy: Policy): Wrong[] {
  const durations: [string[], string][] = [
    [['review', 'lease'], policy.review.lease],
    [['breaker', 'authority_lease'], policy.breaker.authority_lease],
    ...(policy.review.undo_window === undefined
      ? []
      : [[['review', 'undo_window'], policy.review.undo_window] as [string[], string]]),
    ...(policy.retention?.keep === undefined
      ? []
      : [[['retention', 'keep'], policy.retention.keep] as [string[], string]]),
    ...policy.loop.data_sources.flatMap(({ fresh_within }, i): [string[], string][] =>
      fresh_within === undefined ? [] : [[['loop', 'data_sources', String(i), 'fresh_within'], fresh_within]],
    ),
  ];
  const wrong: Wrong[] = durations
    .filter(([, text]) => parseDuration(text) === null)
    .map(([path, text]) => ({ path, message: durationHint(text) }));

  const kept = parseDuration(policy.retention?.keep ?? '');
  if (kept !== null && kept < shortestRetentionMs) {
    // EU AI Act, Art. 19 and 26(6): at least six months.
    wrong.push({
      path: ['retention', 'keep'],
      message: `${JSON.stringify(policy.retention?.keep)} is below 183 days.`,
    });
  }

  wrong.push(
    ...wrongReview(policy),
    ...wrongSla(policy),
    ...unreachable(policy),
    ...wrongMonitors(policy),
    ...wrongAlerts(policy),
    ...wrongEscalation(policy),
    ...wrongBreaker(policy),
    ...wrongChangeControl(policy),
    ...wrongPrivacy(policy),
  );
  return wrong;
}

const longestUndoMs = 10 * 60_000;

function wrongReview({ review: { labels, undo_window, output, commit_first, gold } }: Policy): Wrong[] {
  const wrong: Wrong[] = [];
  // Both compare labels: what somebody said first, and what was planted.
  for (const [field, share] of [
    ['commit_first', Math.max(0, ...Object.values(commit_first ?? {}))],
    ['gold', gold ?? 0],
  ] as const) {
    if (labels.length > 0 || share === 0) continue;
    wrong.push({
      path: ['review', field],
      message: 'It takes labels to say. Name them in review.labels, or remove it.',
    });
  }
  if ((parseDuration(undo_window ?? '') ?? 0) > longestUndoMs) {
    const message = `${JSON.stringify(undo_window)} is above 10 minutes, and the service waits as long for its verdict.`;
    wrong.push({ path: ['review', 'undo_window'], message });
  }
  if (output !== undefined && !isSchema(output)) {
    wrong.push({
      path: ['review', 'output'],
      message: 'It is no JSON Schema without references. Name types, properties and items in full.',
    });
  }
  return wrong;
}

const schemaTypes = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];

/** As far as it goes without the meta-schema: types that there are, and no references, which may go round in circles. */
function isSchema(output: unknown): boolean {
  if (typeof output === 'boolean') return true;
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return false;
  const schema = output as Record<string, unknown>;
  if ('$ref' in schema || '$dynamicRef' in schema) return false;
  const types = [schema['type'] ?? []].flat();
  if (!types.every((type) => typeof type === 'string' && schemaTypes.includes(type))) return false;
  const properties = schema['properties'] ?? {};
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) return false;
  const parts = [...Object.values(properties), ...(schema['items'] === undefined ? [] : [schema['items']])];
  if (!parts.every(isSchema)) return false;
  try {
    Schema.Compile(schema).Check(null);
    return true;
  } catch {
    return false;
  }
}

function wrongSla({ sla }: Policy): Wrong[] {
  const wrong: Wrong[] = [];
  for (const priority of ['P1', 'P2', 'P3'] as const) {
    const { within } = sla[priority];
    if (parseDuration(within) !== null || (isBusinessSpan(within) && sla.calendar !== undefined)) continue;
    const message = isBusinessSpan(within)
      ? `${JSON.stringify(within)} wants to know when people work. Add sla.calendar.`
      : durationHint(within);
    wrong.push({ path: ['sla', priority, 'within'], message });
  }
  const problem = sla.calendar === undefined ? null : calendarProblem(sla.calendar);
  if (problem !== null) wrong.push({ path: ['sla', 'calendar', problem.field], message: problem.message });
  const tiers = (['P1', 'P2', 'P3'] as const).flatMap((p) => sla[p].risk_tiers.map((tier) => [tier, p] as const));
  for (const tier of ['low', 'medium', 'high'] as const) {
    const priorities = tiers.filter(([t]) => t === tier).map(([, p]) => p);
    if (priorities.length === 1) continue;
    const found = priorities.length === 0 ? 'in none' : `in ${priorities.join(' and ')}`;
    wrong.push({ path: ['sla'], message: `Risk tier ${tier} is ${found} of P1, P2 and P3. Name it in one of them.` });
  }
  return wrong;
}

/** Spans of working time that no calendar has within a year. */
function unreachable(policy: Policy): Wrong[] {
  const { calendar } = policy.sla;
  if (calendar === undefined || calendarProblem(calendar) !== null) return [];
  return (['P1', 'P2', 'P3'] as const)
    .filter((priority) => isBusinessSpan(policy.sla[priority].within) && !isReachable(policy, priority))
    .map((priority) => {
      const message = `${JSON.stringify(policy.sla[priority].within)} takes more than a year of this calendar.`;
      return { path: ['sla', priority, 'within'], message };
    });
}

function wrongMonitors({ monitors, review, loop }: Policy): Wrong[] {
  const wrong: Wrong[] = [];
  const spans: [string[], string | undefined][] = [
    [['false_alarms', 'per'], monitors?.false_alarms?.per],
    [['labels_mature_within'], monitors?.labels_mature_within],
    [['latency', 'within'], monitors?.latency?.within],
  ];
  for (const [path, text] of spans) {
    if (text === undefined || parseDuration(text) !== null) continue;
    wrong.push({ path: ['monitors', ...path], message: durationHint(text) });
  }
  const bands = monitors?.override_rate?.bands ?? [];
  bands.forEach((band, i) => {
    if (i === 0 || band > (bands[i - 1] ?? 0)) return;
    const message = `${band} is not above ${bands[i - 1]}. Name the ends of the bands in rising order.`;
    wrong.push({ path: ['monitors', 'override_rate', 'bands', String(i)], message });
  });
  const positive = monitors?.positive_label;
  if (positive !== undefined && !review.labels.includes(positive)) {
    const message = `${JSON.stringify(positive)} is none of review.labels: ${review.labels.join(', ')}.`;
    wrong.push({ path: ['monitors', 'positive_label'], message });
  }
  const features = Object.keys(loop.features ?? {});
  (monitors?.fairness?.segments ?? []).forEach((segment, i) => {
    // Of a feature that no decision has nothing is ever seen.
    if (loop.features === undefined || features.includes(segment)) return;
    const message = `${JSON.stringify(segment)} is none of loop.features: ${features.join(', ')}.`;
    wrong.push({ path: ['monitors', 'fairness', 'segments', String(i)], message });
  });
  for (const name of ['input_drift', 'prediction_drift'] as const) {
    const drift = { ...monitorDefaults[name], ...monitors?.[name] };
    if (drift.info <= drift.action_required) continue;
    const message = `info ${drift.info} is above action_required ${drift.action_required}.`;
    wrong.push({ path: ['monitors', name, 'info'], message });
  }
  return wrong;
}

function wrongAlerts({ alerts, monitors }: Policy): Wrong[] {
  const wrong: Wrong[] = [];
  (alerts?.counts ?? []).forEach(({ name, of, within }, i) => {
    const path = ['alerts', 'counts', String(i)];
    if (parseDuration(within) === null) wrong.push({ path: [...path, 'within'], message: durationHint(within) });
    if (alerts?.counts?.findIndex((other) => other.name === name) !== i) {
      wrong.push({
        path: [...path, 'name'],
        message: `${JSON.stringify(name)} is there twice. Name each its own way.`,
      });
    }
    if (of === 'false_positive' && monitors?.positive_label === undefined) {
      const message = 'false_positive wants to know which label is positive. Add monitors.positive_label.';
      wrong.push({ path: [...path, 'of'], message });
    }
  });
  (alerts?.thresholds ?? []).forEach(({ above, below, until }, i) => {
    const path = ['alerts', 'thresholds', String(i)];
    if ((above === undefined) === (below === undefined)) {
      wrong.push({ path, message: 'Say either above or below what value an alert stands.' });
    }
    if (until !== undefined && ((above !== undefined && until > above) || (below !== undefined && until < below))) {
      const message = `${until} is on the far side of ${above ?? below}: the alert would end before it began.`;
      wrong.push({ path: [...path, 'until'], message });
    }
  });
  return wrong;
}

function wrongEscalation({ escalation }: Policy): Wrong[] {
  const wrong: Wrong[] = [];
  const tiers = escalation?.tiers ?? [];
  tiers.forEach(({ wait }, i) => {
    const path = ['escalation', 'tiers', String(i), 'wait'];
    const isLast = i === tiers.length - 1;
    if (wait === undefined) {
      if (!isLast) wrong.push({ path: path.slice(0, -1), message: 'It has a tier after it. Say how long to wait.' });
    } else if (isLast) wrong.push({ path, message: 'Nothing comes after the last tier. Remove it.' });
    else if (parseDuration(wait) === null) wrong.push({ path, message: durationHint(wait) });
  });
  const quiet = escalation?.quiet_hours;
  if (quiet !== undefined) {
    const path = ['escalation', 'quiet_hours'];
    if (!isTimeZone(quiet.time_zone)) {
      const message = `${JSON.stringify(quiet.time_zone)} is no time zone. Write an IANA name such as "Europe/Berlin".`;
      wrong.push({ path: [...path, 'time_zone'], message });
    }
    if (quiet.from === quiet.to)
      wrong.push({ path: [...path, 'to'], message: 'They end when they begin. Change one.' });
  }
  return wrong;
}

function wrongBreaker({ breaker }: Policy): Wrong[] {
  return breaker.half_open.flatMap(({ within }, i) =>
    within === undefined || parseDuration(within) !== null
      ? []
      : [{ path: ['breaker', 'half_open', String(i), 'within'], message: durationHint(within) }],
  );
}

function wrongChangeControl({ change_control }: Policy): Wrong[] {
  const wrong: Wrong[] = [];
  const names = change_control?.roles.map(({ name }) => name) ?? [];
  names.forEach((name, i) => {
    if (names.indexOf(name) === i) return;
    const message = `${JSON.stringify(name)} is there twice. Name each role once.`;
    wrong.push({ path: ['change_control', 'roles', String(i), 'name'], message });
  });
  (change_control?.gates ?? []).forEach(({ signal, report, metric, at_most, at_least }, i) => {
    const path = ['change_control', 'gates', String(i)];
    if ((signal === undefined) === (report === undefined)) {
      wrong.push({ path, message: 'Say either the signal or the report that is looked at.' });
    }
    if (report !== undefined && metric === undefined) {
      wrong.push({ path, message: 'A report has many numbers. Say which metric.' });
    }
    if (at_most === undefined && at_least === undefined) {
      wrong.push({ path, message: 'It lets everything pass. Say at_most or at_least.' });
    }
  });
  return wrong;
}
