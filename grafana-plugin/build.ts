/** Builds the app (dist/plugin) and the page that hosts it without Grafana (dist/host). */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import webpack from 'webpack';
import { pluginConfig } from './webpack.config.ts';

const root = import.meta.dirname;
const require = createRequire(import.meta.url);
const packageOf = (name: string) => dirname(require.resolve(`${name}/package.json`));

await buildPlugin();
await buildHost();

async function buildPlugin(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  await new Promise<void>((resolve, reject) => {
    webpack(pluginConfig(root, join(root, 'dist/plugin'), version), (error, stats) => {
      if (error) reject(error);
      else if (stats?.hasErrors()) reject(new Error(stats.toString('errors-only')));
      else resolve();
    });
  });
  // Where messages about incidents lead to.
  cpSync(join(root, '../docs/runbooks'), join(root, 'dist/plugin/runbooks'), { recursive: true });
}

async function buildHost(): Promise<void> {
  const out = join(root, 'dist/host');
  await build({
    entryPoints: [join(root, 'host/host.tsx')],
    outfile: join(out, 'host.js'),
    bundle: true,
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    minify: true,
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.FRONTEND_DEV_BUILD': 'undefined', global: 'window' },
    alias: {
      // The version 5 router would come in for one component; version 6 has what it uses.
      'react-router-dom-v5-compat': 'react-router-dom',
      // One for the page, its libraries and the app, as in Grafana; npm installs a copy for each.
      i18next: packageOf('i18next'),
    },
    loader: { '.svg': 'text', '.css': 'empty' },
    logLevel: 'warning',
    // systemjs says "type": "script".
    logOverride: { 'package.json': 'silent' },
  });
  cpSync(join(root, 'host/index.html'), join(out, 'index.html'));
  copyIcons(join(out, 'public/build/img/icons'));
  copyFonts(join(out, 'public/fonts'));
}

/** Grafana's icons, and from their source those that its npm package leaves out. */
function copyIcons(to: string): void {
  cpSync(join(packageOf('@grafana/ui'), 'dist/public/img/icons'), to, { recursive: true });
  const { icons } = JSON.parse(readFileSync(join(packageOf('@iconify-json/uil'), 'icons.json'), 'utf8')) as {
    icons: Record<string, { body: string }>;
  };
  for (const [name, { body }] of Object.entries(icons)) {
    const file = join(to, 'unicons', `${name}.svg`);
    if (!existsSync(file))
      writeFileSync(file, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${body}</svg>`);
  }
}

/** Under the names that Grafana's style sheet asks for. */
function copyFonts(to: string): void {
  mkdirSync(join(to, 'inter'), { recursive: true });
  for (const face of ['Regular', 'Medium', 'Italic', 'MediumItalic']) {
    cpSync(join(packageOf('inter-ui'), `web/Inter-${face}.woff2`), join(to, `inter/Inter-${face}.woff2`));
  }
  cpSync(
    join(packageOf('@fontsource-variable/roboto-mono'), 'files/roboto-mono-latin-wght-normal.woff2'),
    join(to, 'roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2'),
  );
}
