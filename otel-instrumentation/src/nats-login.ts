/** How to reach NATS and who one is there, as options and the environment say it. */
import { readFileSync } from 'node:fs';
import { credsAuthenticator, type Authenticator, type ConnectionOptions } from '@nats-io/transport-node';

export interface NatsLogin {
  readonly natsUrl?: string;
  readonly user?: string;
  readonly password?: string;
}

/**
 * `NATS_URL` is one address or several with commas between; each may have a scheme, and a login or a token as URLs have it. Who
 * one is says `login`, else `NATS_USER` with `NATS_PASSWORD`, or `NATS_TOKEN`, else the first address; `NATS_CREDS` is the path of a
 * file of credentials. `NATS_CA`, `NATS_CERT` and `NATS_KEY` are paths for TLS. Files are read when it connects.
 */
export function connectionOptions(
  login: NatsLogin,
  env: Readonly<Record<string, string | undefined>>,
): Pick<ConnectionOptions, 'servers' | 'user' | 'pass' | 'token' | 'authenticator' | 'tls' | 'inboxPrefix'> {
  const addresses = (login.natsUrl || env['NATS_URL'] || 'nats://127.0.0.1:4222')
    .split(',')
    .map((address) => addressOf(address.trim()));
  const [first] = addresses;
  const named = login.user || env['NATS_USER'];
  const user = named || first?.user;
  // That of another user is none of theirs.
  const pass = login.password || env['NATS_PASSWORD'] || (named ? undefined : first?.pass);
  const [token, creds] = [env['NATS_TOKEN'] || first?.token, env['NATS_CREDS']];
  const tls = { caFile: env['NATS_CA'], certFile: env['NATS_CERT'], keyFile: env['NATS_KEY'] };
  const files = Object.fromEntries(Object.entries(tls).filter(([, path]) => path));
  return {
    servers: addresses.map(({ server }) => server),
    ...(user ? { user, inboxPrefix: `_INBOX_${user}` } : {}),
    ...(pass ? { pass } : {}),
    ...(token ? { token } : {}),
    // Read each time: it may be there later, or be another one.
    ...(creds ? { authenticator: credentialsOf(creds) } : {}),
    ...(Object.keys(files).length > 0 ? { tls: files } : {}),
  };
}

/** Those that could be read last, while the file is away: what an authenticator throws ends a connection for good. */
function credentialsOf(path: string): Authenticator {
  let last: Authenticator | null = null;
  return (nonce) => {
    try {
      last = credsAuthenticator(readFileSync(path));
    } catch (error) {
      if (last === null) throw error;
    }
    return last(nonce);
  };
}

/** The login may hold an @ too: what is before the last one. */
function addressOf(address: string): { server: string; user?: string; pass?: string; token?: string } {
  const [, scheme = '', login, server = ''] = /^(\w+:\/\/)?(?:(.*)@)?(.*)$/.exec(address) ?? [];
  if (login === undefined) return { server: `${scheme}${server}` };
  const [user = '', ...rest] = login.split(':');
  if (rest.length === 0) return { server: `${scheme}${server}`, token: decoded(login) };
  return { server: `${scheme}${server}`, user: decoded(user), pass: decoded(rest.join(':')) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
