/** Nobody sends unasked from elsewhere: what is open stays on this machine, or the daemon does not start. */
import { describe, expect, it } from 'vitest';
import { refusalOf } from './door.ts';
import { readOtlpSettings, type OtlpSettings } from './settings.ts';

const token = 'a'.repeat(32);
const defaults = { COUNTERSIGN_OTLP_HOST: '127.0.0.1' };
function read(set: Record<string, string>) {
  const problems: string[] = [];
  const env: Record<string, string> = { ...defaults, ...set };
  return { settings: readOtlpSettings((name) => env[name] ?? '', problems), problems };
}

it('listens for nothing unless a port is given', () => {
  expect(read({})).toEqual({ settings: null, problems: [] });
});

it.each([
  ['this machine', { COUNTERSIGN_OTLP_PORT: '4318' }],
  ['this machine by IPv6', { COUNTERSIGN_OTLP_PORT: '0', COUNTERSIGN_OTLP_HOST: '::1' }],
  [
    'all with a token',
    { COUNTERSIGN_OTLP_PORT: '4318', COUNTERSIGN_OTLP_HOST: '0.0.0.0', COUNTERSIGN_OTLP_TOKEN: token },
  ],
  [
    'all with a certificate',
    {
      COUNTERSIGN_OTLP_PORT: '4318',
      COUNTERSIGN_OTLP_HOST: '0.0.0.0',
      COUNTERSIGN_OTLP_TLS_CERT: 'c',
      COUNTERSIGN_OTLP_TLS_KEY: 'k',
      COUNTERSIGN_OTLP_TLS_CLIENT_CA: 'ca',
    },
  ],
])('lets %s send', (_who, set) => {
  expect(read(set).problems).toEqual([]);
});

it.each([
  ['COUNTERSIGN_OTLP_HOST is "0.0.0.0", which others can reach', { COUNTERSIGN_OTLP_HOST: '0.0.0.0' }],
  ['COUNTERSIGN_OTLP_HOST is "127.example.com"', { COUNTERSIGN_OTLP_HOST: '127.example.com' }],
  // TLS without asking for a certificate asks nobody who they are.
  [
    'COUNTERSIGN_OTLP_HOST is "::"',
    { COUNTERSIGN_OTLP_HOST: '::', COUNTERSIGN_OTLP_TLS_CERT: 'c', COUNTERSIGN_OTLP_TLS_KEY: 'k' },
  ],
  ['COUNTERSIGN_OTLP_PORT is "http"', { COUNTERSIGN_OTLP_PORT: 'http' }],
  ['COUNTERSIGN_OTLP_TOKEN has fewer than 32', { COUNTERSIGN_OTLP_TOKEN: 'short' }],
  ['COUNTERSIGN_OTLP_TLS_CERT and COUNTERSIGN_OTLP_TLS_KEY one is missing', { COUNTERSIGN_OTLP_TLS_CERT: 'c' }],
  ['COUNTERSIGN_OTLP_TLS_CERT and COUNTERSIGN_OTLP_TLS_KEY one is missing', { COUNTERSIGN_OTLP_TLS_CLIENT_CA: 'c' }],
])('does not start: %s', (problem, set) => {
  expect(read({ COUNTERSIGN_OTLP_PORT: '4318', ...set }).problems.join()).toContain(problem);
});

describe('the door', () => {
  const open: OtlpSettings = { host: '127.0.0.1', port: 4318, token: '', tls: null };

  it('without a token is for programs on this machine, by its own address', () => {
    for (const host of ['127.0.0.1:4318', 'localhost:4318', '[::1]:4318', 'localhost']) {
      expect(refusalOf(open, { host })).toBeNull();
    }
    // A web page, and a web page whose name was pointed here.
    expect(refusalOf(open, { host: '127.0.0.1:4318', origin: 'https://example.com' })?.status).toBe(403);
    expect(refusalOf(open, { host: 'rebound.example.com:4318' })?.status).toBe(403);
    expect(refusalOf(open, {})?.status).toBe(403);
  });

  it('with a token asks for that alone', () => {
    const closed = { ...open, token };
    expect(refusalOf(closed, { host: 'daemon.example.com', authorization: `Bearer ${token}` })).toBeNull();
    for (const authorization of [
      undefined,
      '',
      token,
      `Bearer ${token}b`,
      `bearer ${token}`,
      `Bearer ${token.slice(1)}`,
    ]) {
      expect(
        refusalOf(closed, { host: '127.0.0.1', ...(authorization === undefined ? {} : { authorization }) }),
      ).toMatchObject({ status: 401 });
    }
  });
});
