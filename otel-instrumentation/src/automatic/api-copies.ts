/** The copies of OpenTelemetry's API that a service may register its own through: what is imported, what is required, and its own of each. */
import * as imported from '@opentelemetry/api';
import { createRequire } from 'node:module';
import { nearTo, type Near } from './near.ts';

export interface ApiCopy {
  readonly api: Readonly<Record<string, unknown>>;
  readonly version: string;
}

export async function apiCopies(near: Near): Promise<ApiCopy[]> {
  const name = '@opentelemetry/api';
  const ours = nearTo(import.meta.dirname).packageOf(name)?.version ?? '';
  const theirs = near.packageOf(name)?.version ?? ours;
  const found: ApiCopy[] = [{ api: imported, version: ours }];
  const add = (api: unknown, version: string) => {
    // A copy is known by its parts: a module may be wrapped anew each time that it is imported.
    const { trace } = api as { trace?: unknown };
    if (trace !== undefined && !found.some((one) => one.api['trace'] === trace))
      found.push({ api: api as ApiCopy['api'], version });
  };
  for (const [load, version] of [
    [() => createRequire(import.meta.url)(name) as unknown, ours],
    [() => near.require(name), theirs],
    [() => near.load(name), theirs],
  ] as const) {
    try {
      add(await load(), version);
    } catch {
      // There is none of this kind.
    }
  }
  return found;
}
