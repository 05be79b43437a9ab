/** The registry has the form that weaver wants, says what the code says, and what is generated from it is up to date. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Compile } from 'typebox/compile';
import Schema from 'typebox/schema';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { AiDecisionEvent, DecisionAction, ReviewReason, RiskTier, Route } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import { takingWithoutStart } from '../src/not-started.ts';
import { takeDecision } from '../src/taking.ts';
import { constants, constantsFile, documentFile, withTables } from './generate.ts';
import { attributes, files, groups, imported, problems, refsOf } from './registry.ts';

const read = (path: string) => readFileSync(path, 'utf8');

describe('the registry', () => {
  const weaver = Schema.Compile(
    JSON.parse(read(join(import.meta.dirname, 'weaver/semconv.schema.v2.json'))) as Schema.XSchema,
  );

  it.each([...files])('%s has the form that weaver wants', (_, file) => {
    const [, errors] = weaver.Errors(file);
    expect(errors.map(({ instancePath, message }) => `${instancePath} ${message}`)).toEqual([]);
  });

  it('is refused by that form when a field is misspelt', () => {
    expect(weaver.Check({ file_format: 'definition/2', attributes: [{ id: 'decision.id', type: 'string' }] })).toBe(
      false,
    );
  });

  it('keeps the rules for names, examples and references', () => {
    expect(problems()).toEqual([]);
  });

  it.each([
    ['decision.action', DecisionAction.enum],
    ['decision.risk_tier', RiskTier.enum],
    ['decision.route', [...Route.enum, 'halt']],
  ])('%s has the values of the contract', (key, values) => {
    expect(valuesOf(key)).toEqual(values);
  });

  it('has no reason for a route that the events do not know, but for those of the guard', () => {
    const guards = ['allowed', 'rolled_back', 'queue_full'];
    const others = valuesOf('decision.route_reason').filter((value) => !guards.includes(value));
    // What a service can say; the rest is found by the daemon.
    const daemons = ['stale_authority', 'disagreement'];
    expect(others.toSorted()).toEqual(ReviewReason.enum.filter((reason) => !daemons.includes(reason)).toSorted());
  });
});

describe('what is generated', () => {
  it('is what is committed; `node otel-instrumentation/semconv/generate.ts` writes it', async () => {
    expect(read(constantsFile)).toBe(await constants());
    expect(read(documentFile)).toBe(await withTables(read(documentFile)));
  });
});

it('requires of a decision nothing that its span does not have', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const about = {
    workflow: 'w',
    task: 't',
    model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
    riskTier: 'low',
    reversible: true,
    input: { content: 'in' },
  } as const;
  const taking = { ...takingWithoutStart, tracer: provider.getTracer('test'), onEnded: () => undefined };
  takeDecision(taking, about, (decision) => decision.output({ label: 'yes' }, 1));
  const set = exporter.getFinishedSpans()[0]?.attributes ?? {};
  expect(requiredOfDecision().filter((name) => set[name] === undefined)).toEqual([]);
});

describe('the examples of the document', () => {
  const examples = [...read(documentFile).matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(
    ([, text = '']) => JSON.parse(text) as { name?: string; type?: string; attributes?: Record<string, unknown> },
  );
  const span = examples.find(({ name }) => name?.startsWith('decision '))?.attributes ?? {};

  it('have an event as the daemon takes it', () => {
    const event = examples.find(({ type }) => type === 'countersign.decision.ai.v1');
    expect([...Compile(AiDecisionEvent).Errors(event)]).toEqual([]);
  });

  it('have a decision with all that it has to have', () => {
    expect(requiredOfDecision().length).toBeGreaterThan(5);
    expect(requiredOfDecision().filter((name) => span[name] === undefined)).toEqual([]);
  });

  it('use no attribute that the registry does not have', () => {
    const used = examples.flatMap((example) => Object.keys(example.attributes ?? {}));
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((name) => !isKnown(name))).toEqual([]);
  });
});

const requiredOfDecision = () =>
  refsOf(groups.find(({ id }) => id === 'decision.ai')?.attributes)
    .filter(({ requirement_level }) => requirement_level === 'required')
    .map(({ ref }) => ref);

const isKnown = (name: string) =>
  Object.hasOwn(imported, name) ||
  attributes.some(({ key, type }) =>
    typeof type === 'string' && type.startsWith('template[') ? name.startsWith(`${key}.`) : name === key,
  );

function valuesOf(key: string): readonly string[] {
  const type = attributes.find((attribute) => attribute.key === key)?.type;
  return typeof type === 'object' ? type.members.map(({ value }) => value) : [];
}
