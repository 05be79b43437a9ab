/** docs/configuration.md is what the tables say, and names what is read. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { variables } from '../daemon/src/config.ts';
import { formattedPage, ofServices, pageFile } from './configuration.ts';
import { root } from './environment.ts';

it('is up to date', async () => {
  expect(readFileSync(pageFile, 'utf8')).toBe(await formattedPage());
});

it('has each variable of the daemon once', async () => {
  const rows = (await formattedPage()).split('## Services')[0]?.match(/^\| `[A-Z0-9_]+`/gm) ?? [];
  expect(rows.map((row) => row.slice(3, -1)).toSorted()).toEqual(variables.map(([name]) => name).toSorted());
});

it('names what a service reads, and nothing else', () => {
  const folder = join(root, 'otel-instrumentation/src');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  const read = new Set(sources.flatMap((text) => text.match(/\b(?:NATS|COUNTERSIGN)_[A-Z_]+\b/g) ?? []));
  const names = ofServices.map(([name]) => name);
  expect([...read].filter((name) => !name.endsWith('_FILE')).toSorted()).toEqual(names.toSorted());
});
