/** What the READMEs say of the code: their examples compile, and they leave out nothing that a service can set, see or be told. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Policy } from '@countersign/contract';
import { expect, it } from 'vitest';
import { policyTypes } from '../daemon/src/policies/index.ts';
import { metric } from '../otel-instrumentation/src/semconv.ts';
import { codeBlocks } from './markdown.ts';

const root = join(import.meta.dirname, '..');
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const instrumentation = read('otel-instrumentation/README.md');
const sources = readdirSync(join(root, 'otel-instrumentation/src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => read('otel-instrumentation/src', name))
  .join('\n');

it('has examples that compile', () => {
  const directory = join(root, '.countersign/examples');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  for (const folder of ['.', 'contract', 'otel-instrumentation', 'daemon']) {
    const blocks = codeBlocks(read(folder, 'README.md'), 'ts');
    expect(blocks.length).toBeGreaterThan(0);
    for (const [i, code] of blocks.entries()) write(`${folder === '.' ? 'readme' : folder}-${i + 1}.ts`, code);
  }
  write('policies.ts', policyTypes([parse(read('policies/mail-moderation.yaml')) as Policy]));
  write(
    'tsconfig.json',
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
      include: ['.', '../../otel-instrumentation/test-services/examples.d.ts'],
    }),
  );
  const compiled = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', directory], { encoding: 'utf8' });
  expect(compiled.stdout).toBe('');
  expect(compiled.status).toBe(0);
});

it('names the environment variables of a service, and no others', () => {
  const named = (text: string) => new Set(text.match(/\b(?:COUNTERSIGN|NATS)_[A-Z_]+\b/g));
  expect(named(instrumentation)).toEqual(named(sources));
});

it('names every metric', () => {
  for (const name of Object.values(metric)) expect(instrumentation).toContain(`\`${name}\``);
});

it('explains warnings in the words in which they are given', () => {
  const [, troubleshooting = ''] = instrumentation.split('## Troubleshooting');
  const quoted = [...troubleshooting.matchAll(/^\| `([^`]+)`/gm)].map(([, text]) => text ?? '');
  expect(quoted.length).toBeGreaterThan(20);
  // What stands for something that differs is an ellipsis.
  const missing = quoted
    .flatMap((text) => text.split('…').map((part) => part.trim()))
    .filter((part) => !sources.includes(part));
  expect(missing).toEqual([]);
});
