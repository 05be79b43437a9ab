/** Serves the page that draws dashboards, their JSON, and Prometheus' answers, all from one address. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { build } from 'esbuild';
import { freePort } from '../../stack/process.ts';
import { storyEnd, storyStart } from './story.ts';

const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Dashboards</title>
<link rel="stylesheet" href="/page.css"><style>body { margin: 0; overflow: auto !important; height: auto !important; }</style></head>
<body><div id="root"></div><script type="module" src="/page.js"></script></body></html>`;
const types: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  css: 'text/css',
  json: 'application/json',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
};

export interface PreviewServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** `directory` is for the bundle of the page. */
export async function startPreview(prometheus: string, directory: string): Promise<PreviewServer> {
  await bundle(directory);
  const folders: Readonly<Record<string, string>> = {
    '/json/': join(import.meta.dirname, '../json'),
    '/public/build/img/icons/': join(packageFolder('@grafana/ui'), 'dist/public/img/icons'),
    '/public/fonts/inter/': join(packageFolder('inter-ui'), 'web'),
    '/': directory,
  };
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://host').pathname);
    if (path.startsWith('/api/v1/')) {
      fetch(`${prometheus}${request.url}`)
        .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
        .catch((error: unknown) => response.writeHead(502).end(String(error)));
      return;
    }
    if (path === '/') return void response.writeHead(200, { 'content-type': 'text/html' }).end(html);
    const [prefix = '/', folder = directory] = Object.entries(folders).find(([start]) => path.startsWith(start)) ?? [];
    const file = join(folder, path.slice(prefix.length));
    if (!existsSync(file)) return void response.writeHead(404).end();
    const type = types[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type }).end(readFileSync(file));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  };
}

/** Of one dashboard, for the time of the story. */
export const previewUrl = ({ url }: PreviewServer, dashboard: string) =>
  `${url}?${new URLSearchParams({ dashboard, from: String(storyStart), to: String(storyEnd) }).toString()}`;

const packageFolder = (name: string) => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));

const bundle = (directory: string) =>
  build({
    entryPoints: [join(import.meta.dirname, 'page/page.tsx')],
    outfile: join(directory, 'page.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.FRONTEND_DEV_BUILD': 'undefined', global: 'window' },
    alias: { 'react-router-dom-v5-compat': 'react-router-dom' },
    absWorkingDir: join(import.meta.dirname, '..'),
    loader: { '.svg': 'text', '.ttf': 'empty', '.png': 'empty', '.gif': 'empty', '.woff': 'empty', '.woff2': 'empty' },
    logLevel: 'error',
  });
