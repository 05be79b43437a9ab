/** Builds the app (dist/plugin), and the page that hosts it without Grafana once for each line of Grafana's libraries. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import webpack from 'webpack';
import { pluginConfig } from './webpack.config.ts';

const root = import.meta.dirname;
const require = createRequire(import.meta.url);
const packageOf = (name: string, from = require) => dirname(from.resolve(`${name}/package.json`));

await Promise.all([buildPlugin(), buildHost('host-12', root), buildHost('host-13', join(root, '../stack/grafana-13'))]);

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

/** With the libraries that the package in `directory` names. */
async function buildHost(name: string, directory: string): Promise<void> {
  const out = join(root, 'dist', name);
  rmSync(out, { recursive: true, force: true });
  // That package's copy, whoever imports it: npm lays what both lines can use beside the other line's React.
  const own = ['react', 'react-dom', 'react-router-dom', 'i18next', '@grafana/data', '@grafana/runtime', '@grafana/ui'];
  const { metafile } = await build({
    entryPoints: [join(root, 'host/host.tsx')],
    outdir: out,
    bundle: true,
    // What Grafana's libraries load when it is needed comes in files of its own: an editor of code is half of them.
    format: 'esm',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    target: 'es2022',
    jsx: 'automatic',
    minify: true,
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.FRONTEND_DEV_BUILD': 'undefined', global: 'window' },
    // The version 5 router would come in for one component; version 6 has what it uses.
    alias: { ...Object.fromEntries(own.map((it) => [it, it])), 'react-router-dom-v5-compat': 'react-router-dom' },
    // Where aliases are looked up.
    absWorkingDir: directory,
    // Style sheets come out beside the script.
    loader: {
      '.svg': 'text',
      '.css': 'css',
      '.ttf': 'empty',
      '.png': 'empty',
      '.gif': 'empty',
      '.woff': 'empty',
      '.woff2': 'empty',
    },
    metafile: true,
    logLevel: 'warning',
    // systemjs says "type": "script".
    logOverride: { 'package.json': 'silent' },
  });
  const style = join(out, 'host.css');
  if (!existsSync(style)) writeFileSync(style, '');
  writeFileSync(join(out, 'index.html'), preloading(metafile));
  copyIcons(
    packageOf('@grafana/ui', createRequire(join(directory, 'package.json'))),
    join(out, 'public/build/img/icons'),
  );
  copyFonts(join(out, 'public/fonts'));
}

/** The page, which asks at once for all that its script is going to import. */
function preloading({ outputs }: Metafile): string {
  const script = Object.entries(outputs).find(([path]) => path.endsWith('/host.js'));
  const chunks = script?.[1].imports.filter(({ kind }) => kind === 'import-statement') ?? [];
  const links = chunks.map(({ path }) => `<link rel="modulepreload" href="/chunks/${basename(path)}" />`);
  return readFileSync(join(root, 'host/index.html'), 'utf8').replace('</head>', `${links.join('')}</head>`);
}

/** Grafana's icons, and from their source those that its npm package leaves out. */
function copyIcons(ui: string, to: string): void {
  cpSync(join(ui, 'dist/public/img/icons'), to, { recursive: true });
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
