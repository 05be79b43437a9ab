import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { hashOf, readHashKey } from './input-hash.ts';

const directory = mkdtempSync(join(tmpdir(), 'countersign-hash-key-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const key = 'k'.repeat(32);
const hmac = `hmac-sha256:${createHmac('sha256', key).update('yes').digest('hex')}`;
const fileOf = (name: string, content: string) => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

it('is plain without a key', () => {
  expect(readHashKey(undefined, {})).toBeNull();
  expect(hashOf('yes', null)).toBe(`sha256:${createHash('sha256').update('yes').digest('hex')}`);
});

it.each([
  ['the option', key, {}],
  ['the option, before the environment', key, { COUNTERSIGN_HASH_KEY: 'x'.repeat(32) }],
  ['bytes', Buffer.from(key), {}],
  ['COUNTERSIGN_HASH_KEY', undefined, { COUNTERSIGN_HASH_KEY: key }],
  ['a file', undefined, { COUNTERSIGN_HASH_KEY_FILE: fileOf('key', key) }],
  ['a line of a file', undefined, { COUNTERSIGN_HASH_KEY_FILE: fileOf('line', `${key}\n`) }],
  ['a line of a file from elsewhere', undefined, { COUNTERSIGN_HASH_KEY_FILE: fileOf('crlf', `${key}\r\n`) }],
])('is an HMAC with the key of %s', (_what, option, env) => {
  expect(hashOf('yes', readHashKey(option, env))).toBe(hmac);
});

it.each([
  ['a', {}, 'the option hashKey has 1 bytes, want at least 32. Make one with: openssl rand -hex 32'],
  [undefined, { COUNTERSIGN_HASH_KEY: 'k'.repeat(31) }, 'COUNTERSIGN_HASH_KEY has 31 bytes'],
  [undefined, { COUNTERSIGN_HASH_KEY: '' }, 'COUNTERSIGN_HASH_KEY has 0 bytes'],
  [undefined, { COUNTERSIGN_HASH_KEY_FILE: fileOf('short', `${'k'.repeat(31)}\n`) }, 'has 31 bytes'],
  [
    undefined,
    { COUNTERSIGN_HASH_KEY_FILE: join(directory, 'none') },
    'COUNTERSIGN_HASH_KEY_FILE cannot be read (ENOENT',
  ],
  [undefined, { COUNTERSIGN_HASH_KEY: key, COUNTERSIGN_HASH_KEY_FILE: 'x' }, 'not both'],
])('says what is wrong with a key', (option, env, message) => {
  expect(() => readHashKey(option, env)).toThrow(message);
});
