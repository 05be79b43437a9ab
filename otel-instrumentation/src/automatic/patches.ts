/** Puts the instrumentations to use that are installed beside the service, before it loads what they patch. */
import { register } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { trace } from '@opentelemetry/api';
import { registerInstrumentations, type Instrumentation } from '@opentelemetry/instrumentation';
import { Hook as ImportHook } from 'import-in-the-middle';
import { Hook as RequireHook } from 'require-in-the-middle';
import { libraries, type Library, type Module } from './libraries.ts';
import type { Near } from './near.ts';
import { isGenAiContentWanted } from './settings.ts';

/** OpenInference's and OpenLLMetry's can be asked to patch a module that is given to them. */
type Patching = Instrumentation & { manuallyInstrument?: (module: unknown) => void };

const isGiven = ({ manuallyInstrument }: Patching): boolean => manuallyInstrument !== undefined;

/** A library that the service has installed. */
interface Present extends Library {
  readonly directory: string;
  readonly version: string;
}

export async function patchWhatIsInstalled(near: Near, say: (text: string) => void): Promise<void> {
  const present = libraries.flatMap((library) => {
    const found = near.packageOf(library.name, library.broughtBy);
    return found === null ? [] : [{ ...library, ...found }];
  });
  if (present.length === 0) return;
  await hookImports(present.flatMap((library) => [library.name, ...pathsOf(library).map(urlOf)]));
  const used = new Map<string, readonly Patching[]>();
  for (const { name, instrumentations } of present) {
    const made: Patching[] = [];
    for (const one of instrumentations.filter((candidate) => near.has(candidate))) {
      const instance = await instanceOf(near, one, say);
      if (instance !== null) made.push(instance);
    }
    // One that patches by itself is the first or none: two would see each call twice.
    used.set(
      name,
      made.filter((one, i) => i === 0 || isGiven(one)),
    );
  }
  const all = [...used.values()].flat();
  registerInstrumentations({ instrumentations: all.filter((one) => !isGiven(one)) });
  // With an API of its own version it would find no provider by itself.
  for (const one of all) if (isGiven(one)) one.setTracerProvider(trace.getTracerProvider());
  // Last, so that it sees what the others have done.
  for (const library of present) watch(library, used.get(library.name) ?? [], say);
}

const pathsOf = ({ directory, files = [] }: Present): string[] => files.map((file) => join(directory, file));
const urlOf = (path: string): string => pathToFileURL(path).href;

/** In the process's own thread where Node can, else by a loader of its own. */
async function hookImports(include: readonly string[]): Promise<void> {
  const { register: registerHere, supportsSyncHooks } = await import('import-in-the-middle/register-hooks.mjs');
  if (supportsSyncHooks()) registerHere({ include: [...include] });
  else register('import-in-the-middle/hook.mjs', import.meta.url, { data: { include: [...include] } });
}

/** Of the class that a package of instrumentation exports. It patches nothing yet. */
async function instanceOf(near: Near, name: string, say: (text: string) => void): Promise<Patching | null> {
  try {
    const made = Object.entries(await near.load(name)).find(
      ([exported, value]) => exported.endsWith('Instrumentation') && typeof value === 'function',
    );
    return made === undefined ? null : new (made[1] as new (config: object) => Patching)(settings());
  } catch (error) {
    say(`${name} could not be loaded: ${messageOf(error)}`);
    return null;
  }
}

/**
 * Not enabled: many bring hooks of their own, which see no imports, and where one throws the service does not start. What is
 * said stays off the spans unless it is asked for. Each family of instrumentations has words of its own for both.
 */
function settings(): object {
  const off = { enabled: false };
  if (isGenAiContentWanted()) return { ...off, instrumentationConfig: off };
  const traceConfig = {
    hideInputs: true,
    hideOutputs: true,
    hideInputMessages: true,
    hideOutputMessages: true,
    hidePrompts: true,
  };
  return { ...off, traceContent: false, instrumentationConfig: off, traceConfig };
}

/** Sees the library being loaded, has it patched if it is not yet, and says when it stays as it is. */
function watch(library: Present, used: readonly Patching[], say: (text: string) => void): void {
  const onLoad = <T>(loaded: T): T => {
    const module = loaded as Module;
    let error: unknown = null;
    // The next where the first does not know this version.
    for (const one of used) {
      if (library.isPatched(module)) break;
      try {
        one.manuallyInstrument?.(library.given?.(module) ?? module);
      } catch (thrown) {
        error = thrown;
      }
    }
    if (!library.isPatched(module)) say(unpatched(library, used, error));
    return loaded;
  };
  for (const target of library.files === undefined ? [library.name] : pathsOf(library)) {
    void new ImportHook([target], onLoad);
    void new RequireHook([target], { internals: isAbsolute(target) }, onLoad);
  }
}

function unpatched({ name, version, instrumentations }: Present, used: readonly Patching[], error: unknown): string {
  const what = `${name} ${version} is loaded but not patched: its calls are no part of any decision.`;
  if (used.length === 0) return `${what} Install ${instrumentations.join(' or ')}.`;
  const which = used.map((one) => `${one.instrumentationName} ${one.instrumentationVersion}`).join(' and ');
  return `${what} ${which} ${used.length === 1 ? 'does' : 'do'} not patch this version${error === null ? '' : ` (${messageOf(error)})`}; look for a newer one.`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
