/** The packages that are published, as npm would publish them. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

export const published = ['contract', 'otel-instrumentation', 'daemon'] as const;

export interface Packed {
  /** Below the root. */
  readonly directory: string;
  readonly tarball: string;
  /** Of every file in it, below the package's directory. */
  readonly files: readonly string[];
}

/** Packs what has been built. */
export function pack(directory: string, into: string): Packed {
  const said = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', into], {
    cwd: join(root, directory),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [packed] = JSON.parse(said) as NpmPacked[];
  if (packed === undefined) throw new Error(`npm pack said nothing of ${directory}`);
  return { directory, tarball: join(into, packed.filename), files: packed.files.map(({ path }) => path) };
}

interface NpmPacked {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}
