/**
 * Grafana's plugin proxy, as far as an app can tell: the routes of plugin.json, first match wins, with their permission,
 * headers and templates; a signed X-Grafana-Id; nothing that a client claims about itself gets through.
 */
import { request as requestHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as requestHttps } from 'node:https';
import { buffer } from 'node:stream/consumers';
import type { HostUser } from './users.ts';

export interface PluginRoute {
  readonly path: string;
  readonly method?: string;
  readonly url: string;
  readonly reqAction?: string;
  readonly headers?: readonly { readonly name: string; readonly content: string }[];
}

/** Somebody of the host, with the actions that their role gives them. */
export type Caller = HostUser & { readonly permissions: readonly string[] };

export interface ProxySettings {
  readonly routes: readonly PluginRoute[];
  readonly jsonData: Readonly<Record<string, unknown>>;
  readonly secureJsonData: Readonly<Record<string, string>>;
  /** An identity token for this user. */
  readonly sign: (user: HostUser) => Promise<string>;
}

/** Never passed on: Grafana strips these, or sets them itself. */
const stripped = new Set([
  'cookie',
  'authorization',
  'origin',
  'referer',
  'x-grafana-id',
  'x-grafana-user',
  'host',
  'connection',
  'content-length',
]);
const timeoutMs = 30_000;
const largestBody = 1_048_576;

/** Forwards a request for `proxyPath` (raw, without its leading slash) as `user`. */
export async function proxy(
  request: IncomingMessage,
  response: ServerResponse,
  user: Caller,
  proxyPath: string,
  query: string,
  settings: ProxySettings,
): Promise<void> {
  const found = match(settings.routes, request.method ?? 'GET', proxyPath);
  if (found === null) return answer(response, 404, 'plugin proxy route not found');
  const { route, rest } = found;
  const allowed = route.reqAction === undefined || user.permissions.includes(route.reqAction);
  if (!allowed) return answer(response, 403, 'plugin proxy route access denied');

  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (!stripped.has(name) && value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  headers.set('x-grafana-id', await settings.sign(user));
  headers.set('x-grafana-context', JSON.stringify({ userId: user.id, login: user.login }));
  for (const { name, content } of route.headers ?? []) headers.set(name, render(content, settings));

  const target = `${render(route.url, settings)}${rest === '' ? '' : `/${rest}`}${query}`;
  try {
    const body = await readBody(request);
    const upstream = await forward(target, request.method ?? 'GET', headers, body);
    const { 'content-type': type = 'application/octet-stream', 'content-encoding': encoding } = upstream.headers;
    response.writeHead(upstream.statusCode ?? 502, {
      'content-type': type,
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
      'content-security-policy': 'sandbox',
    });
    response.end(await buffer(upstream));
  } catch (error) {
    answer(response, 502, `the daemon cannot be reached: ${String(error)}`);
  }
}

/** With the path as it is written, as Grafana sends it: fetch would fold one that climbs into another. */
function forward(target: string, method: string, headers: Headers, body: Buffer): Promise<IncomingMessage> {
  const path = target.replace(/^https?:\/\/[^/?]*/, '');
  const send = target.startsWith('https:') ? requestHttps : requestHttp;
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    send(target, { path, method, headers: Object.fromEntries(headers), agent: false, signal }, resolve)
      .once('error', reject)
      .end(body);
  });
}

/** `v1/things/*` matches what is below; a path without a star matches itself. */
export function match(
  routes: readonly PluginRoute[],
  method: string,
  path: string,
): { route: PluginRoute; rest: string } | null {
  for (const route of routes) {
    if (route.method !== undefined && route.method !== '*' && route.method !== method) continue;
    if (route.path === path) return { route, rest: '' };
    if (route.path.endsWith('/*') && path.startsWith(route.path.slice(0, -1))) {
      return { route, rest: path.slice(route.path.length - 1) };
    }
  }
  return null;
}

/** Grafana's templates over the app's settings; what is not set renders as nothing. */
const render = (template: string, { jsonData, secureJsonData }: ProxySettings): string =>
  template.replace(/\{\{\s*\.(JsonData|SecureJsonData)\.(\w+)\s*\}\}/g, (_all, kind: string, name: string) => {
    const value = (kind === 'JsonData' ? jsonData : secureJsonData)[name];
    return typeof value === 'string' ? value : '';
  });

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    parts.push(part as Buffer);
    size += (part as Buffer).length;
    if (size > largestBody * 2) throw new Error(`the body is larger than ${largestBody * 2} bytes`);
  }
  return Buffer.concat(parts);
}

function answer(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message }));
}
