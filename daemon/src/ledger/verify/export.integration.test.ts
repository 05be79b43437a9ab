/** Exports verify with nothing but the file and the key; whatever is changed in one is found. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { formatVerifierKey, type VerifierKey } from '@countersign/contract/note';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  aiDecisionEntry,
  humanDecisionEntry,
  startTestLog,
  testOrigin,
  testStart,
  type TestLog,
} from '../../../../stack/test-log.ts';
import { CsvReader, csvLine } from '../export/csv.ts';
import { exportRecords, type ExportRequest } from '../export/export.ts';
import { loadSigningKey, rotateKey } from '../key.ts';
import type { AuditFilter } from '../search/terms.ts';
import { verifyExport } from './export.ts';

let log: TestLog;
let first: VerifierKey;
let second: VerifierKey;

beforeAll(async () => {
  log = await startTestLog(inject('postgresUrl'));
  first = loadSigningKey(log.keyFile, testOrigin).verifier;
  await log.ledger.write((tx) => tx.append(Array.from({ length: 300 }, (_, i) => aiDecisionEntry(i))));
  const says = [
    'a newsletter, "really"',
    '=HYPERLINK("http://evil.example")',
    '# not\n# a comment\r\n{"x":1}',
    'größer als 5 €, 請求書',
  ];
  await log.ledger.write((tx) => tx.append(says.map((text, i) => humanDecisionEntry(i, 'ann', text))));
  await log.close();
  second = rotateKey(log.keyFile, testOrigin).key;
  log = await log.again();
  await log.ledger.write((tx) =>
    tx.append([humanDecisionEntry(10, 'ben', 'under the new key'), aiDecisionEntry(400, {}, 70_000)]),
  );
  await log.sign();
});
afterAll(() => log?.drop());

async function exported(format: ExportRequest['format'], filter: AuditFilter = {}): Promise<string> {
  const lines = await exportRecords(log.reader, log.search, { format, filter, now: new Date(testStart) });
  let text = '';
  for await (const line of lines!) text += line;
  return text;
}

function verifyText(text: string, format: ExportRequest['format'], keys: readonly VerifierKey[] = [second]) {
  const path = join(log.directory, `export.${format}`);
  writeFileSync(path, text);
  return verifyExport({ path, keys, witnesses: [], checkpoints: [] });
}

describe.each(['jsonl', 'csv'] as const)('as %s', (format) => {
  it('everything verifies, by either key and by its own word', async () => {
    const text = await exported(format);
    const size = await log.reader.size();
    for (const keys of [[second], [first, second], []]) {
      const report = await verifyText(text, format, keys);
      expect(report.problems).toEqual([]);
      expect(report).toMatchObject({ ok: true, records: size, signatures: 5, key_was_given: keys.length > 0 });
    }
  });

  it('a part of it verifies, old signatures too', async () => {
    const text = await exported(format, { actor_type: 'human' });
    const report = await verifyText(text, format);
    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({ ok: true, complete: false, records: 5, signatures: 5 });
    const stranger = loadSigningKey(join(log.directory, 'stranger'), testOrigin).verifier;
    expect((await verifyText(text, format, [stranger])).problems.map(({ kind }) => kind)).toContain('bad_checkpoint');
  });

  it('nothing at all is an export as well', async () => {
    const report = await verifyText(await exported(format, { task_id: 'nobody' }), format);
    expect(report).toMatchObject({ ok: true, records: 0 });
  });
});

/** The line of the record at an index. */
const lineAt = (text: string, index: number) =>
  text.split('\n').findIndex((line) => line.includes(`"log_index":${index},`));
function changeLine(text: string, index: number, change: (line: string) => string): string {
  const lines = text.split('\n');
  const at = lineAt(text, index);
  return lines.with(at, change(lines[at]!)).join('\n');
}
const changeEntry = (line: string): string => {
  const value = JSON.parse(line) as { entry: string };
  const entry = Buffer.from(value.entry, 'base64').toString().replace('reject', 'accept');
  return JSON.stringify({ ...value, entry: Buffer.from(entry).toString('base64') });
};

it('that claims to be a part, so that what was left out is not missed, is found out', async () => {
  const lines = (await exported('csv')).split('\n');
  expect(lines.length).toBeGreaterThan(300);
  const text = await exported('jsonl', { actor_type: 'ai' });
  // Of everything the AI said, as if it were everything there is.
  const claimed = await verifyText(text.replace('"filter":{"actor_type":"ai"}', '"filter":{}'), 'jsonl');
  expect(claimed.problems).toContainEqual(expect.objectContaining({ kind: 'missing' }));
  const twice = changeLine(text, 50, (line) => `${line}\n${line}`);
  expect((await verifyText(twice, 'jsonl')).problems).toContainEqual(
    expect.objectContaining({ kind: 'slipped_in', index: 50 }),
  );
  const other = text.replace('"filter":{"actor_type":"ai"}', '"filter":{"actor_type":"human"}');
  expect((await verifyText(other, 'jsonl')).problems).toContainEqual(
    expect.objectContaining({ kind: 'slipped_in', message: expect.stringContaining('does not fit the filter') }),
  );
  const added = changeLine(text, 50, (line) => line.replace('"event_id"', '"verdict":"approved","event_id"'));
  expect((await verifyText(added, 'jsonl')).problems).toContainEqual(
    expect.objectContaining({ kind: 'changed', message: 'verdict of record 50 is not what its entry says' }),
  );
});

describe.each<[string, AuditFilter]>([
  ['of everything', {}],
  ['of a part', { workflow_id: 'refunds' }],
])('an export %s that was tampered with', (_what, filter) => {
  it.each<[string, (text: string) => string, object]>([
    ['changed bytes', (text) => changeLine(text, 50, changeEntry), { kind: 'changed', index: 50 }],
    [
      'a field that is not what the entry says',
      (text) =>
        changeLine(text, 50, (line) => line.replace('"justification":"confidence', '"justification":"certainty')),
      { kind: 'changed', index: 50, message: 'justification of record 50 is not what its entry says' },
    ],
    ['a removed line', (text) => text.split('\n').toSpliced(lineAt(text, 50), 1).join('\n'), { kind: 'missing' }],
    ['its end cut off', (text) => text.split('\n').slice(0, 40).join('\n'), { kind: 'missing' }],
    ['a line that is no record', (text) => changeLine(text, 50, () => '{}'), { kind: 'changed' }],
    ['another checkpoint', (text) => text.replace(/\\n\d+\\n/, '\\n299\\n'), { kind: 'bad_checkpoint' }],
    [
      'a forged signature',
      (text) => changeLine(text, 302, (line) => line.replace(/"signature":"..../, '"signature":"AAAA')),
      { kind: 'bad_signature', index: 302 },
    ],
  ])('names %s', async (_how, tamper, expected) => {
    const report = await verifyText(tamper(await exported('jsonl', filter)), 'jsonl');
    expect(report.ok).toBe(false);
    expect(report.problems).toContainEqual(expect.objectContaining(expected));
  });
});

it.each<[string, (rows: string[][]) => string[][], object]>([
  [
    'a changed field',
    (rows) => rows.with(3, rows[3]!.with(13, 'something else')),
    { kind: 'changed', message: expect.stringMatching(/^justification of record \d+ is not/) },
  ],
  ['a changed entry', (rows) => rows.with(3, rows[3]!.with(16, rows[4]![16]!)), { kind: 'changed' }],
  ['a removed row', (rows) => rows.toSpliced(3, 1), { kind: 'missing' }],
])('a table with %s is found out', async (_what, tamper, expected) => {
  const text = await exported('csv', { workflow_id: 'refunds' });
  const reader = new CsvReader();
  const rows = Array.from(reader.read(text));
  const end = rows.pop()!;
  expect(`${rows.map(csvLine).join('')}${end[0]}\n`).toBe(text);
  const report = await verifyText(`${tamper(rows).map(csvLine).join('')}${end[0]}\n`, 'csv');
  expect(report.problems).toContainEqual(expect.objectContaining(expected));
});

it('cannot be taken for a formula by a spreadsheet', async () => {
  const rows = [...new CsvReader().read(await exported('csv', { actor_id: 'ann' }))];
  const said = rows.map((fields) => fields[13]);
  expect(said).toContain(`'=HYPERLINK("http://evil.example")`);
  expect(said).toContain('# not\n# a comment\r\n{"x":1}');
});

it('is verified on the command line', async () => {
  const cli = (path: string) =>
    promisify(execFile)(process.execPath, [
      '--conditions=countersign-source',
      join(import.meta.dirname, '../../cli.ts'),
      'verify',
      path,
      '--key',
      formatVerifierKey(second),
    ]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string }) => error,
    );
  const path = join(log.directory, 'export.jsonl');
  writeFileSync(path, await exported('jsonl'));
  expect(await cli(path)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Nothing is wrong: 308 records/) });
  writeFileSync(path, changeLine(readFileSync(path, 'utf8'), 7, changeEntry));
  expect(await cli(path)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('changed: the bytes of record 7 were changed'),
  });
  expect(await cli(join(log.directory, 'nothing.jsonl'))).toMatchObject({ code: 3 });
});
