/** The client libraries themselves, with what instruments them, against local servers that answer as the providers do. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PromoteRule } from '@countersign/contract';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { testedLibraries } from '../../stack/test-libraries.ts';
import { node22, startServiceStage, type ServiceStage } from '../../stack/test-services.ts';

let stage: ServiceStage;
beforeAll(async () => (stage = await startServiceStage(inject('natsServer'))));
afterEach(() => stage.clear());
afterAll(() => stage?.stop());

const rules = (['chat', 'generate_content', 'execute_tool', 'invoke_agent'] as const).map((operation): PromoteRule => ({
  workflow: operation.replace('_', '-'),
  operation,
  risk_tier: 'low',
  reversible: true,
}));

const printed = (calls: Readonly<Record<string, string>>) =>
  Object.entries(calls)
    .map(([task, text]) => `${task}: ${text}\n`)
    .join('');

const rolledUp = [
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.response.model',
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
];

describe.each(testedLibraries)('$name', ({ library, env = {}, calls, decisions, promoted }) => {
  it('has its calls made parts of the decisions that they happen in', async () => {
    const ended = await stage.run('test-services/calls/start.mjs', { args: [library], env, traced: true });
    expect(ended).toMatchObject({ out: printed(calls), err: '' });
    const spans = stage
      .spans()
      .map(({ name, attributes }) => ({ name, attributes, task: attributes['decision.task.id'] }));
    const own = spans.filter(({ name }) => name === 'decision calls');
    expect(
      Object.fromEntries(own.map(({ task, attributes }) => [task, rolledUp.map((name) => attributes[name])])),
    ).toEqual(decisions);
    const stamped = new Set(spans.filter(({ name }) => name !== 'decision calls').map(({ task }) => task));
    const unstamped = Object.keys(calls).filter((task) => !stamped.has(task));
    // Spans of what does not say that it is a tool have nothing that they could be known by.
    expect(unstamped).toEqual({ openai: ['break'], mcp: ['list'] }[library] ?? []);
    const answered = Object.keys(calls).filter((task) => !calls[task]?.startsWith('no answer'));
    expect((await stage.events()).map(({ data }) => data.task_id)).toEqual(answered);
    // What is said stays off the spans.
    expect(JSON.stringify(spans)).not.toMatch(/please|San Francisco|This is/);
  });

  it('has its calls promoted, required, with Node 22', async () => {
    const args = [library, 'alone'];
    const ended = await stage.run('test-services/calls/start.cjs', { args, env, rules, node: node22 });
    expect(ended).toEqual({ code: 0, out: printed(calls), err: '' });
    const found = (await stage.events()).map(({ data: { workflow_id, output, model } }) =>
      [workflow_id, output.label, model.name, model.version].join(' '),
    );
    expect(found).toEqual(promoted);
  });
});

it('has what is said on the spans when it is asked for', async () => {
  const env = { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'true' };
  await stage.run('test-services/calls/start.mjs', { args: ['mcp'], env, traced: true });
  expect(JSON.stringify(stage.spans())).toContain('sunny in San Francisco');
});

it('starts a service whose instrumentation cannot patch what it is for, and tells of it', async () => {
  const cwd = join(stage.directory, 'broken');
  const write = (name: string, version: string, code: string) => {
    mkdirSync(join(cwd, 'node_modules', name), { recursive: true });
    writeFileSync(join(cwd, 'node_modules', name, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }));
    writeFileSync(join(cwd, 'node_modules', name, 'index.js'), code);
  };
  write('openai', '99.0.0', 'exports.answer = 42;');
  write(
    '@traceloop/instrumentation-openai',
    '1.0.0',
    `exports.OpenAIInstrumentation = class {
      instrumentationName = 'theirs';
      instrumentationVersion = '1.0.0';
      setTracerProvider() {}
      manuallyInstrument(module) { module.OpenAI.Chat; }
    };`,
  );
  writeFileSync(join(cwd, 'service.cjs'), "console.log(require('openai').answer);");
  const ended = await stage.run('service.cjs', { cwd });
  expect(ended).toMatchObject({ code: 0, out: '42\n' });
  expect(ended.err).toBe(
    'countersign: openai 99.0.0 is loaded but not patched: its calls are no part of any decision. theirs 1.0.0 does not ' +
      "patch this version (Cannot read properties of undefined (reading 'Chat')); look for a newer one.\n",
  );
});
