/** Puts the instrumentations to use that are installed beside the service, before it loads what they patch. */
import { createRequire, findPackageJSON, register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  isWrapped,
  registerInstrumentations,
  type Instrumentation,
} from '@opentelemetry/instrumentation';
import { scope } from '../scope.ts';
import { libraries, type Library } from './libraries.ts';

/** OpenInference's and OpenLLMetry's can be asked to patch a module that is given to them. */
type Patching = Instrumentation & { manuallyInstrument?: (module: unknown) => void };

/** What a service has installed, as its own code would find it. */
export interface Near {
  has(name: string): boolean;
  load(name: string): Promise<Record<string, unknown>>;
}

export function nearTo(cwd: string): Near {
  const from = pathToFileURL(join(cwd, 'package.json'));
  const near = createRequire(from);
  return {
    has: (name) => isThere(name, from),
    load: (name) => import(entryOf(near, name)) as Promise<Record<string, unknown>>,
  };
}

function isThere(name: string, from: URL): boolean {
  try {
    return findPackageJSON(name, from) !== undefined;
  } catch {
    return false;
  }
}

/** By its name alone, as seen from here, where it is made for `import` only. */
function entryOf(near: NodeJS.Require, name: string): string {
  try {
    return pathToFileURL(near.resolve(name)).href;
  } catch {
    return name;
  }
}

export async function patchWhatIsInstalled(near: Near, say: (text: string) => void): Promise<void> {
  const present = libraries.filter(({ name }) => near.has(name));
  if (present.length === 0) return;
  await hookImports(present.map(({ name }) => name));
  const used = new Map<string, Patching>();
  for (const { name, instrumentations } of present) {
    const found = instrumentations.find((one) => near.has(one));
    const made = found === undefined ? null : await instanceOf(near, found, say);
    if (made !== null) used.set(name, made);
  }
  // Last, so that it sees what the others have done.
  registerInstrumentations({ instrumentations: [...used.values(), watch(present, used, say)] });
}

/** In the process's own thread where Node can, else by a loader of its own. */
async function hookImports(include: readonly string[]): Promise<void> {
  const { register: registerHere, supportsSyncHooks } = await import('import-in-the-middle/register-hooks.mjs');
  if (supportsSyncHooks()) registerHere({ include: [...include] });
  else register('import-in-the-middle/hook.mjs', import.meta.url, { data: { include: [...include] } });
}

/** Of the class that a package of instrumentation exports. */
async function instanceOf(near: Near, name: string, say: (text: string) => void): Promise<Patching | null> {
  try {
    const made = Object.entries(await near.load(name)).find(
      ([exported, value]) => exported.endsWith('Instrumentation') && typeof value === 'function',
    );
    return made === undefined ? null : new (made[1] as new () => Patching)();
  } catch (error) {
    say(`${name} could not be loaded: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

/** Sees libraries being loaded, has those patched that were not yet, and says which stay as they are. */
function watch(
  present: readonly Library[],
  used: ReadonlyMap<string, Patching>,
  say: (text: string) => void,
): Instrumentation {
  const definitions = present.map(
    ({ name, instrumentations, probe }) =>
      new InstrumentationNodeModuleDefinition(name, ['*'], (module: Record<string, unknown>, version) => {
        const isPatched = () => isWrapped(probe(module));
        const instrumentation = used.get(name);
        if (!isPatched()) instrumentation?.manuallyInstrument?.(module);
        if (!isPatched()) say(unpatched(name, version, instrumentation, instrumentations));
        return module;
      }),
  );
  // It asks for them before it is made.
  class Watch extends InstrumentationBase {
    protected override init(): InstrumentationNodeModuleDefinition[] {
      return definitions;
    }
  }
  return new Watch(scope.name, scope.version, {});
}

function unpatched(
  name: string,
  version: string | undefined,
  used: Patching | undefined,
  known: readonly string[],
): string {
  const what = `${name} ${version ?? ''} is loaded but not patched: its calls are no part of any decision.`;
  return used === undefined
    ? `${what} Install ${known.join(' or ')}.`
    : `${what} ${used.instrumentationName} ${used.instrumentationVersion} does not patch this version; look for a newer one.`;
}
