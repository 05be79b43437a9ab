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
  ['a certificate', { NATS_URL: 'tls://a', NATS_CA: '/ca.pem' }, { servers: ['tls://a'], tls: { caFile: '/ca.pem' } }],
])('reads %s', (_, env, options) => {
  expect(connectionOptions({}, env)).toEqual(options);
});

it('says which file of credentials cannot be read', () => {
  expect(() => connectionOptions({}, { NATS_CREDS: '/nowhere/a.creds' })).toThrow('/nowhere/a.creds');
});
