import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { readCsv, readInput } from './read-input';

const read = async (text: string | Uint8Array, media_type?: string) => {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return readInput(bytes, { hash, uri: 'urn:none', ...(media_type === undefined ? {} : { media_type }) });
};

it('says whether the bytes are those that were recorded', async () => {
  expect(await read('as it was')).toEqual({ intact: true, shown: { is: 'text', text: 'as it was' } });
  const other = await readInput(new TextEncoder().encode('x'), { hash: `sha256:${'0'.repeat(64)}`, uri: 'urn:none' });
  expect(other.intact).toBe(false);
});

it('shows tables as tables, by the first line or by the names of fields', async () => {
  expect((await read('name,amount\r\n"Ann, the ""first""",5\nBen,\n', 'text/csv; charset=utf-8')).shown).toEqual({
    is: 'table',
    columns: ['name', 'amount'],
    rows: [
      ['Ann, the "first"', '5'],
      ['Ben', ''],
    ],
    more: 0,
  });
  expect((await read('[{"a":1,"b":"x"},{"b":true,"c":null}]', 'application/json')).shown).toEqual({
    is: 'table',
    columns: ['a', 'b', 'c'],
    rows: [
      ['1', 'x', ''],
      ['', 'true', ''],
    ],
    more: 0,
  });
  expect(readCsv('"a\nb",c')).toEqual([['a\nb', 'c']]);
});

it('shows any other JSON with its lines broken, and what is none as it came', async () => {
  expect((await read('{"a":{"b":1}}', 'application/vnd.order+json')).shown).toEqual({
    is: 'text',
    text: '{\n  "a": {\n    "b": 1\n  }\n}',
  });
  expect((await read('{"a":', 'application/json')).shown).toEqual({ is: 'text', text: '{"a":' });
});

it('shows raster images, and drawings as the text that they are', async () => {
  expect((await read(new Uint8Array([1, 2, 3]), 'image/png')).shown).toEqual({
    is: 'image',
    url: 'data:image/png;base64,AQID',
  });
  const drawing = '<svg onload="alert(1)"/>';
  expect((await read(drawing, 'image/svg+xml')).shown).toEqual({ is: 'text', text: drawing });
  expect((await read('<script>alert(1)</script>', 'text/html')).shown).toMatchObject({ is: 'text' });
});
