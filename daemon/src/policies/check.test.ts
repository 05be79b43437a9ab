import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkPolicy, formatProblem, policySchema } from './check.ts';
import { parseDuration } from './duration.ts';

const good = readFileSync(new URL('../../../policies/mail-moderation.yaml', import.meta.url), 'utf8');

function problems(text: string): string[] {
  const check = checkPolicy(text);
  return check.is === 'good' ? [] : check.problems.map((problem) => formatProblem('p.yaml', problem));
}

/** Line of the first place where `text` has `part`. */
const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split('\n').length;

it('finds the policy of the demo good', () => {
  expect(problems(good)).toEqual([]);
});

it('points at a duration that is none', () => {
  const text = good.replace('within: 5 minutes', 'within: 5 minuets');
  expect(problems(text)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^p\\.yaml:${lineOf(text, 'minuets')}:37  sla\\.P1\\.within: "5 minuets" is not a duration\\. Write for example`,
      ),
    ),
  ]);
});

it('points at fields that are missing, unknown, or not what is allowed', () => {
  const text = good
    .replace('owner: mail team\n', '')
    .replace('opens_on: incident', 'opens_on: disaster')
    .replace('title:', 'tilte:');
  const found = problems(text);
  expect(found).toContainEqual(expect.stringContaining('"owner" is missing'));
  expect(found).toContainEqual(expect.stringMatching(/p\.yaml:3:\d+ {2}tilte: There is no such field/));
  expect(found).toContainEqual(
    expect.stringMatching(/escalation\.opens_on: "disaster" is not one of info, action_required, incident/),
  );
});

it('says what the schema cannot', () => {
  expect(problems(good.replace('    baseline: 0.18', '    bands: [0.9, 0.7]'))).toEqual([
    expect.stringMatching(/override_rate\.bands\.1: 0\.7 is not above 0\.9/),
  ]);
  expect(problems(good.replace('  positive_label: spam\n', ''))).toEqual([
    expect.stringContaining('Add monitors.positive_label'),
  ]);
  expect(problems(good.replace('positive_label: spam', 'positive_label: spma'))).toEqual([
    expect.stringContaining('"spma" is none of review.labels: spam, ham'),
  ]);
  expect(problems(good.replace('per: 13 weeks', 'per: a quarter'))).toEqual([
    expect.stringContaining('monitors.false_alarms.per: "a quarter" is not a duration'),
  ]);
  const calendar = '  calendar: { time_zone: UTC, days: [mon], from: "09:00", to: "10:00" }\n';
  const slow = good
    .replace('within: 5 minutes }', 'within: 9999 business hours }')
    .replace('\nmonitors:', `${calendar}\nmonitors:`);
  expect(problems(slow)).toEqual([expect.stringMatching(/sla\.P1\.within: .*more than a year/)]);
  expect(problems(good.replace('within: 5 minutes }', 'within: 5 business minutes }'))).toEqual([
    expect.stringMatching(/sla\.P1\.within: .*Add sla\.calendar/),
  ]);
  expect(problems(good.replace('risk_tiers: [low]', 'risk_tiers: [medium]'))).toEqual([
    expect.stringContaining('Risk tier low is in none'),
    expect.stringContaining('Risk tier medium is in P2 and P3'),
  ]);
});

it('knows the features that a policy lists, and what each may be', () => {
  const segments = (name: string) => good.replace('  latency:', `  fairness: { segments: [${name}] }\n  latency:`);
  expect(problems(segments('language'))).toEqual([]);
  expect(problems(segments('langauge'))).toEqual([
    expect.stringMatching(/monitors\.fairness\.segments\.0: "langauge" is none of loop\.features: length, has_html/),
  ]);
  expect(problems(segments('langauge').replace(/ {2}features:\n(?: {4}.*\n)+/, ''))).toEqual([]);
  expect(problems(good.replace('length: number', 'length: numbr'))).toEqual([
    expect.stringMatching(/^p\.yaml:\d+:\d+ {2}loop\.features\.length: /),
  ]);
});

it('says what is wrong with patterns of its own, and where', () => {
  const own = (...patterns: string[]) =>
    good.replace('  capture: redacted\n', `  redact: { own: [${patterns.join(', ')}] }\n`);
  expect(problems(own("{ name: customer, regex: 'C-\\d{6}' }"))).toEqual([]);
  const text = own("{ name: customer, regex: '(' }", "{ name: customer, regex: 'a' }", "{ name: x, regex: '(a+)+b' }");
  expect(problems(text)).toEqual([
    expect.stringMatching(/privacy\.redact\.own\.0\.regex: "\(": .*missing closing/),
    expect.stringMatching(/privacy\.redact\.own\.1\.name: "customer" is there twice/),
    expect.stringMatching(/privacy\.redact\.own\.2\.regex: "\(a\+\)\+b": it repeats without bound/),
  ]);
  expect(problems(text)[0]).toContain(`p.yaml:${lineOf(text, 'customer')}:`);
  expect(problems(good.replace('capture: redacted', 'capture: all'))).toEqual([
    expect.stringContaining('privacy.capture: "all" is not one of none, redacted, as_is'),
  ]);
  expect(problems(good.replace('capture: redacted', 'redact: { patterns: [shoe_size] }'))).toEqual([
    expect.stringMatching(/privacy\.redact\.patterns\.0: "shoe_size" is not one of private_key, jwt/),
  ]);
});

it('survives what is no policy at all', () => {
  expect(problems('')).toEqual([expect.stringContaining('The file holds no policy')]);
  expect(problems('a: [1')).not.toEqual([]);
  expect(problems('a: 1\na: 2')).toEqual([expect.stringMatching(/^p\.yaml:2:1 /)]);
});

it.each([
  ['90 seconds', 90_000],
  ['1 minute', 60_000],
  ['2 hours', 7_200_000],
  ['PT2H', 7_200_000],
  ['P1DT30M', 88_200_000],
  ['0 seconds', null],
  ['13 weeks', 13 * 7 * 86_400_000],
  ['200 milliseconds', 200],
  ['2 business hours', null],
  ['P', null],
  ['PT', null],
  ['', null],
])('reads %j', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it('is the schema that editors are given: if not, countersign policy schema > policies/policy.schema.json', () => {
  const file = readFileSync(new URL('../../../policies/policy.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(file)).toEqual(JSON.parse(policySchema()));
});
