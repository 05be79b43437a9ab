/** Chromium for the browser tests, from the system's packages. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, installPackages, missingPackages, unpackPackages } from './packages.ts';

export interface Chromium {
  readonly path: string;
  /** What it needs in its environment. */
  readonly env: Record<string, string>;
}

/** As Debian has it. The one without windows comes first: it opens a page in half the time. */
const builds = [
  { name: 'chromium-headless-shell', programs: ['chromium-headless-shell'] },
  { name: 'chromium', programs: ['chromium', 'chromium-browser', 'google-chrome'] },
] as const;

/** Found, installed, or unpacked beside us for those who may not install. Throws what to do otherwise. */
export function findChromium(tools: string): Chromium {
  const found = findProgram(...builds.flatMap(({ programs }) => programs));
  if (found !== null) return { path: found, env: {} };
  for (const { name } of builds) {
    const wanted = [name, 'fonts-dejavu-core'];
    const installed = installPackages(wanted) ? findProgram(name) : null;
    if (installed !== null) return { path: installed, env: {} };
    const unpacked = join(tools, name);
    const program = join(unpacked, 'usr/lib/chromium', name);
    const missing = missingPackages(wanted);
    if (existsSync(program) || (missing.length > 0 && unpackPackages(missing, unpacked) && existsSync(program))) {
      return { path: program, env: { LD_LIBRARY_PATH: libraryFolders(unpacked).join(':') } };
    }
  }
  throw new Error('The browser tests need Chromium, and it cannot be had here. Install it: apt-get install chromium');
}

/** Every folder that holds a shared library: some packages keep theirs in a folder of their own. */
function libraryFolders(unpacked: string): string[] {
  const libraries = readdirSync(unpacked, { recursive: true, withFileTypes: true }).filter(({ name }) =>
    /\.so(\.|$)/.test(name),
  );
  return [...new Set(libraries.map(({ parentPath }) => parentPath))];
}

/** Root may not use Chromium's sandbox; nothing here reaches out to the network. */
export const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Letters as wide as where there is a screen.
  '--font-render-hinting=none',
  // Otherwise the whole host is parsed once more when a library of it asks where it was called from.
  '--js-flags=--no-enable-lazy-source-positions',
];
