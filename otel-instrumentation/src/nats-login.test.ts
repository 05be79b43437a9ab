import { expect, it } from 'vitest';
import { connectionOptions } from './nats-login.ts';

const ofUser = (user: string, pass: string) => ({ user, pass, inboxPrefix: `_INBOX_${user}` });

it.each([
  ['nothing', {}, { servers: ['nats://127.0.0.1:4222'] }],
  ['one address', { NATS_URL: 'nats://a:4222' }, { servers: ['nats://a:4222'] }],
  ['several', { NATS_URL: 'nats://a:4222, b:4223,tls://c' }, { servers: ['nats://a:4222', 'b:4223', 'tls://c'] }],
  ['a login in it', { NATS_URL: 'nats://svc:p%40ss@a:4222' }, { servers: ['nats://a:4222'], ...ofUser('svc', 'p@ss') }],
  ['a password with an @', { NATS_URL: 'svc:p@ss@a:4222' }, { servers: ['a:4222'], ...ofUser('svc', 'p@ss') }],
  [
    'a login of its own, which comes first',
    { NATS_URL: 'nats://x:y@a', NATS_USER: 'svc', NATS_PASSWORD: 'p' },
    { servers: ['nats://a'], ...ofUser('svc', 'p') },
  ],
  ['a token', { NATS_URL: 'a', NATS_TOKEN: 't' }, { servers: ['a'], token: 't' }],
  ['a token in it', { NATS_URL: 'nats://t0ken@a' }, { servers: ['nats://a'], token: 't0ken' }],
  [
    'nothing that is empty',
    { NATS_URL: 'nats://svc:p@a', NATS_USER: '', NATS_PASSWORD: '' },
    { servers: ['nats://a'], ...ofUser('svc', 'p') },
  ],
  [
    'no password of another user',
    { NATS_URL: 'nats://x:y@a', NATS_USER: 'svc' },
    { servers: ['nats://a'], user: 'svc', inboxPrefix: '_INBOX_svc' },
  ],
  ['a certificate', { NATS_URL: 'tls://a', NATS_CA: '/ca.pem' }, { servers: ['tls://a'], tls: { caFile: '/ca.pem' } }],
])('reads %s', (_, env, options) => {
  expect(connectionOptions({}, env)).toEqual(options);
});

it('reads a file of credentials when it connects, and not before', () => {
  const { authenticator } = connectionOptions({}, { NATS_CREDS: '/nowhere/a.creds' });
  expect(() => (authenticator as (nonce?: string) => unknown)('n')).toThrow('/nowhere/a.creds');
});
