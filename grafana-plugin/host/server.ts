/**
 * Serves the built app in a page with the real @grafana libraries, and stands in for Grafana towards the daemon. For
 * trying and testing on one machine: anyone who reaches it may choose who to be, so it listens on loopback only.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import { extname, join, sep } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { replaced, shown, type PluginSettings } from './plugin-settings.ts';
import { proxy, readBody, type PluginRoute, type ProxySettings } from './proxy.ts';
import { userCookie, users, type HostUser } from './users.ts';

const dist = join(import.meta.dirname, '../dist');
const pluginId = 'countersign-decisions-app';
const panelId = 'countersign-queue-panel';
const plugin = join(dist, 'plugin');
/** Which line of Grafana's libraries the page has: 12 or 13. */
const page = join(dist, `host-${process.env['COUNTERSIGN_GRAFANA'] ?? '12'}`);
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.css': 'text/css; charset=utf-8',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.md': 'text/plain; charset=utf-8',
};

const port = Number(process.env['COUNTERSIGN_APP_PORT'] ?? 3300);
const daemonUrl = needed('COUNTERSIGN_DAEMON_URL');
const secret = needed('COUNTERSIGN_PLUGIN_SECRET');
const address = `http://127.0.0.1:${port}`;
const meta = pluginJson('plugin.json');
const panel = pluginJson('panel/plugin.json');

/** What plugin.json gives to the role of that name, as Grafana does. */
const permissionsOf = ({ role }: HostUser): string[] =>
  (meta.roles ?? [])
    .filter((one) => one.role.name.toLowerCase() === `countersign ${role.toLowerCase()}`)
    .flatMap((one) => one.role.permissions.map(({ action }) => action));

const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
// As Grafana names its keys, and new with each start, so that nobody verifies with a key of the start before.
const kid = `id-${new Date().toISOString().slice(0, 7)}-es256-${randomBytes(4).toString('hex')}`;
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }] };

/** Until an administrator of the host changes them; kept as long as it runs. */
let settings: PluginSettings = {
  enabled: true,
  pinned: true,
  jsonData: { daemonUrl },
  secureJsonData: { secret },
};
const proxied: Pick<ProxySettings, 'routes' | 'sign'> = {
  routes: meta.routes ?? [],
  sign: ({ id, login, name }) =>
    new SignJWT({ type: 'user', identifier: String(id), namespace: 'default', username: login, name, role: 'Viewer' })
      .setProtectedHeader({ alg: 'ES256', typ: 'jwt', kid })
      .setIssuer(address)
      .setAudience('org:1')
      .setSubject(`user:${id}`)
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(privateKey),
};

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    if (!response.headersSent) json(response, 500, { message: 'the host failed' });
    else response.destroy();
  });
});
server.listen(port, '127.0.0.1', () => process.stdout.write(`ready ${address}\n`));
server.on('error', (error) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A name that resolves to loopback must not make somebody else's page same-origin with this one.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? ''))
    return json(response, 403, { message: 'unknown host' });
  const [path = '/', query] = (request.url ?? '/').split('?');
  const search = query === undefined ? '' : `?${query}`;
  const proxyBase = `/api/plugin-proxy/${pluginId}/`;
  if (path.startsWith('/api/plugin') && request.headers['sec-fetch-site'] === 'cross-site')
    return json(response, 403, { message: 'cross-site' });
  if (path.startsWith(proxyBase)) {
    const user = userOf(request);
    const caller = { ...user, permissions: permissionsOf(user) };
    return proxy(request, response, caller, path.slice(proxyBase.length), search, { ...proxied, ...settings });
  }
  switch (path) {
    case '/api/signing-keys/keys':
      return json(response, 200, jwks);
    case '/api/host':
      return json(response, 200, hostView(userOf(request)));
    case `/api/plugins/${pluginId}/settings`:
      return request.method === 'POST' ? saveSettings(request, response) : json(response, 200, shown(settings));
    default:
      return serveFile(response, path);
  }
}

/** What the page needs to boot: who one is, who one may be, and the app as Grafana describes it. */
const hostView = (user: HostUser) => ({
  user: { ...user, permissions: permissionsOf(user) },
  users: users.filter(({ simulated }) => simulated === undefined),
  plugin: {
    ...meta,
    ...shown(settings),
    ...assets(pluginId, meta.languages),
  },
  panel: { ...panel, ...assets(panelId, panel.languages) },
  language: 'en-US',
});

/** Where Grafana serves what a plugin has; one that comes with another is served under its own id all the same. */
const assets = (id: string, languages: readonly string[]) => ({
  baseUrl: `public/plugins/${id}`,
  module: `public/plugins/${id}/module.js`,
  translations: Object.fromEntries(languages.map((code) => [code, `public/plugins/${id}/locales/${code}/${id}.json`])),
});

async function saveSettings(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (userOf(request).role !== 'Admin') return json(response, 403, { message: 'plugins:write is needed' });
  let sent: Partial<PluginSettings>;
  try {
    sent = JSON.parse((await readBody(request)).toString('utf8')) as Partial<PluginSettings>;
  } catch {
    return json(response, 400, { message: 'bad request data' });
  }
  settings = replaced(settings, sent);
  json(response, 200, { message: 'Plugin settings updated' });
}

function userOf(request: IncomingMessage): HostUser {
  const cookies = (request.headers.cookie ?? '').split(/;\s*/);
  const login = cookies.find((cookie) => cookie.startsWith(`${userCookie}=`))?.slice(userCookie.length + 1);
  const [first] = users;
  if (first === undefined) throw new Error('the host has no users');
  return users.find((user) => user.login === login) ?? first;
}

function serveFile(response: ServerResponse, path: string): void {
  const underPlugin = `/public/plugins/${pluginId}/`;
  const underPanel = `/public/plugins/${panelId}/`;
  const isPage = !path.startsWith('/public/') && !path.startsWith('/api/') && extname(path) === '';
  const file = isPage
    ? join(page, 'index.html')
    : path.startsWith(underPanel)
      ? join(plugin, 'panel', path.slice(underPanel.length))
      : path.startsWith(underPlugin)
        ? join(plugin, path.slice(underPlugin.length))
        : join(page, path);
  if (!file.startsWith(dist + sep) || !existsSync(file) || !statSync(file).isFile()) {
    return json(response, 404, { message: 'Not found' });
  }
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'cache-control': 'no-cache',
  });
  response.end(readFileSync(file));
}

interface PluginJson {
  readonly languages: readonly string[];
  readonly routes?: readonly PluginRoute[];
  readonly roles?: readonly {
    readonly role: { readonly name: string; readonly permissions: readonly { readonly action: string }[] };
  }[];
}
function pluginJson(path: string): PluginJson {
  return JSON.parse(readFileSync(join(plugin, path), 'utf8')) as PluginJson;
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function needed(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  process.stderr.write(`${name} is not set. Start the host by "npm start".\n`);
  process.exit(1);
}
