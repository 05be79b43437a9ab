/** Spans of time that count only while people work: time zones, weekends, holidays and daylight saving included. */
import type { BusinessCalendar, Policy, Priority, QuietHours } from '@countersign/contract';
import { parseDuration } from './duration.ts';
import type { Policies } from './policies.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
/** Nothing is due later: a span that takes longer is refused in a policy, and would take long to work out. */
const furthestDays = 400;

const unitMs = { minute: minuteMs, hour: 60 * minuteMs } as const;

/** Minutes, hours or days of "2 business hours"; null when the text is no such span. */
function parseBusiness(text: string): { readonly count: number; readonly unit: 'minute' | 'hour' | 'day' } | null {
  const words = /^(\d{1,6}) business (minute|hour|day)s?$/.exec(text.trim());
  if (words === null || Number(words[1]) === 0) return null;
  return { count: Number(words[1]), unit: words[2] as 'minute' | 'hour' | 'day' };
}

export const isBusinessSpan = (text: string): boolean => parseBusiness(text) !== null;

/** Whether a span of working time comes to its end in a year or so, whenever it begins. */
export function isReachable(policy: Policy, priority: Priority): boolean {
  const year = Date.UTC(2026, 0, 1);
  return dueAt(policy, priority, year) < year + (furthestDays - 30) * dayMs;
}

/** When a case of this priority is due that was queued at `fromMs`. The policy was checked. */
export function dueAt({ sla }: Policy, priority: Priority, fromMs: number): number {
  const { within } = sla[priority];
  const plain = parseDuration(within);
  if (plain !== null) return fromMs + plain;
  const span = parseBusiness(within);
  if (span === null || sla.calendar === undefined)
    throw new Error(`${JSON.stringify(within)} was not checked as a span`);
  const { calendar } = sla;
  const ms = span.count * (span.unit === 'day' ? workMs(calendar) : unitMs[span.unit]);
  return addWork(calendar, fromMs, ms);
}

/** How much of the time between two instants counts for cases of this priority: ms. The policy was checked. */
export function workingMs({ sla }: Policy, priority: Priority, fromMs: number, toMs: number): number {
  if (sla.calendar === undefined || !isBusinessSpan(sla[priority].within)) return Math.max(toMs - fromMs, 0);
  const first = localDay(sla.calendar.time_zone, fromMs);
  let ms = 0;
  for (let n = 0; n < furthestDays; n++) {
    const hours = workOn(sla.calendar, first + n * dayMs);
    if (hours === null) continue;
    if (hours.opens >= toMs) break;
    ms += Math.max(Math.min(hours.closes, toMs) - Math.max(hours.opens, fromMs), 0);
  }
  return ms;
}

/** When a case is due that has become urgent at `fromMs`; null when its workflow has no policy any more. */
export function dueUrgently(policies: Policies, workflowId: string, fromMs: number): Date | null {
  const policy = policies.get(workflowId)?.policy;
  return policy === undefined ? null : new Date(dueAt(policy, 'P1', fromMs));
}

/** What is wrong with a calendar, by field; null when nothing is. */
export function calendarProblem(
  calendar: BusinessCalendar,
): { readonly field: string; readonly message: string } | null {
  if (!isTimeZone(calendar.time_zone)) {
    const message = `${JSON.stringify(calendar.time_zone)} is no time zone. Write an IANA name such as "Europe/Berlin".`;
    return { field: 'time_zone', message };
  }
  if (workMs(calendar) <= 0) return { field: 'to', message: `${calendar.to} is not after ${calendar.from}.` };
  const wrong = calendar.holidays?.find((day) => !isDay(day));
  if (wrong !== undefined) return { field: 'holidays', message: `${wrong} is no day of the calendar.` };
  return null;
}

/** Whether the name is one of an IANA time zone. */
export function isTimeZone(name: string): boolean {
  try {
    formatter(name);
    return true;
  } catch {
    return false;
  }
}

/** When the quiet hours end that an instant is in; null when it is in none. */
export function quietUntil({ time_zone, from, to }: QuietHours, atMs: number): number | null {
  const day = localDay(time_zone, atMs);
  const [begin, end] = [timeOfDay(from), timeOfDay(to)];
  // Those that began yesterday, and those of today; over midnight they end a day later.
  for (const start of [day - dayMs, day]) {
    const opens = instantOf(time_zone, start + begin);
    const closes = instantOf(time_zone, start + end + (end <= begin ? dayMs : 0));
    if (opens <= atMs && atMs < closes) return closes;
  }
  return null;
}

const isDay = (text: string) => (new Date(`${text}T00:00:00Z`).toJSON() ?? '').startsWith(text);

/** The instant at which `ms` of working time have passed. */
function addWork(calendar: BusinessCalendar, fromMs: number, ms: number): number {
  let left = ms;
  const first = localDay(calendar.time_zone, fromMs);
  for (let n = 0; n < furthestDays; n++) {
    const hours = workOn(calendar, first + n * dayMs);
    if (hours === null) continue;
    const opens = Math.max(hours.opens, fromMs);
    if (hours.closes <= opens) continue;
    if (left <= hours.closes - opens) return opens + left;
    left -= hours.closes - opens;
  }
  return fromMs + furthestDays * dayMs;
}

/** From when until when people work on a local day; null when they do not. */
function workOn(calendar: BusinessCalendar, day: number): { readonly opens: number; readonly closes: number } | null {
  const name = weekdays[new Date(day).getUTCDay()] as (typeof weekdays)[number];
  const date = new Date(day).toISOString().slice(0, 10);
  if (!calendar.days.includes(name) || (calendar.holidays ?? []).includes(date)) return null;
  return {
    opens: instantOf(calendar.time_zone, day + timeOfDay(calendar.from)),
    closes: instantOf(calendar.time_zone, day + timeOfDay(calendar.to)),
  };
}

const workMs = ({ from, to }: BusinessCalendar) => timeOfDay(to) - timeOfDay(from);

function timeOfDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return (hours * 60 + minutes) * minuteMs;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const numeric = 'numeric' as const;
  const parts = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric };
  const made = new Intl.DateTimeFormat('en', { timeZone, hourCycle: 'h23', ...parts });
  formatters.set(timeZone, made);
  return made;
}

/** What the clocks there show at an instant, as if it were UTC. */
function localTime(timeZone: string, atMs: number): number {
  const parts = new Map(
    formatter(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
}

const localDay = (timeZone: string, atMs: number) => Math.floor(localTime(timeZone, atMs) / dayMs) * dayMs;

/** The instant at which clocks there show `local`. */
function instantOf(timeZone: string, local: number): number {
  const guess = local - (localTime(timeZone, local) - local);
  // The offset at the guess may be another than at `local`, around a change of the clocks.
  return local - (localTime(timeZone, guess) - guess);
}
