/**
 * OpenTelemetry for a service that has not set it up: the SDK as the environment describes it, or else none but what carries
 * the context, and makes spans that nobody exports. It makes room as soon as the service sets up its own.
 */
import { context, createContextKey, logs, metrics, propagation, trace, type TracerProvider } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { createRequire } from 'node:module';
import { ObservedTracerProvider } from './observed-provider.ts';
import type { SpanObserver } from './parts.ts';
import type { ApiCopy } from './api-copies.ts';
import { hasOtelSettings } from './settings.ts';

/**
 * Required, and only when it is needed: as ES modules they import all that `process` has, by which Node makes the standard streams, and
 * a program that reads a pipe at once (`readFileSync(0)`) is told to come back later.
 */
const required = createRequire(import.meta.url);
const sdkNode = () => required('@opentelemetry/sdk-node') as typeof import('@opentelemetry/sdk-node');
const sdkTrace = () => required('@opentelemetry/sdk-trace') as typeof import('@opentelemetry/sdk-trace');

export interface OwnSdk {
  shutdown(): Promise<void>;
}

/** The API's own provider, which passes on to whatever is set up. Deprecated there, and without a successor so far. */
interface PassingOn extends TracerProvider {
  getDelegate(): TracerProvider;
  setDelegate(provider: TracerProvider): void;
}

const none: OwnSdk = { shutdown: () => Promise.resolve() };

/** Starts nothing where a tracer provider is registered already: then it is only observed. */
export function setUpOpenTelemetry(
  observer: SpanObserver,
  env: Readonly<Record<string, string | undefined>>,
  copies: readonly ApiCopy[],
  say: (text: string) => void,
): OwnSdk {
  if (isRegistered()) {
    observe(observer);
    return none;
  }
  const sdk = env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' ? none : startOne(env);
  observe(observer);
  if (sdk !== none) makeRoomFor(observer, copies, say);
  return sdk;
}

function startOne(env: Readonly<Record<string, string | undefined>>): OwnSdk {
  if (!hasOtelSettings(env)) return startLocal();
  const sdk = sdkNode().startNodeSDK();
  // Its settings may want no traces, or be wrong: spans are looked at all the same.
  if (isRegistered()) return sdk;
  const local = startLocal();
  return { shutdown: async () => void (await Promise.all([sdk.shutdown(), local.shutdown()])) };
}

/** Makes spans that nobody exports. */
function startLocal(): OwnSdk {
  const { TracerProvider: SdkTracerProvider } = sdkTrace();
  const provider = new SdkTracerProvider({});
  // An SDK without traces has brought one.
  if (!isCarried()) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return { shutdown: () => provider.shutdown() };
}

/** Whether what a context holds is there for the work within it. */
function isCarried(): boolean {
  const key = createContextKey('countersign');
  return context.with(context.active().setValue(key, true), () => context.active().getValue(key) === true);
}

const passingOn = (): PassingOn | null => {
  const provider = trace.getTracerProvider() as Partial<PassingOn>;
  return typeof provider.getDelegate === 'function' && typeof provider.setDelegate === 'function'
    ? (provider as PassingOn)
    : null;
};

/** A provider that makes spans, not the API's that makes none. */
const isRegistered = (): boolean => trace.getTracer('countersign').startSpan('').spanContext().traceId !== invalidTrace;
const invalidTrace = '0'.repeat(32);

/** Has the spans of what is set up now seen. */
function observe(observer: SpanObserver): void {
  const provider = passingOn();
  if (provider === null || provider.getDelegate() instanceof ObservedTracerProvider) return;
  provider.setDelegate(new ObservedTracerProvider(provider.getDelegate(), observer));
}

/**
 * When the service registers its own of a kind, ours of this kind is gone first; the API would refuse a second one. It may do so
 * through a copy of the API of its own: what is required is another than what is imported, and an earlier version another still.
 */
function makeRoomFor(observer: SpanObserver, copies: readonly ApiCopy[], say: (text: string) => void): void {
  const before = passingOn()?.getDelegate();
  const restores: (() => void)[] = [];
  /** `once`: what has to happen before, and after, the first registration of a kind through any copy. */
  const yieldTo = (kind: keyof typeof registers, leave: () => void, after: (given: unknown) => void) => {
    const undo: (() => void)[] = [];
    for (const { api, version } of copies) {
      const owner = api[kind] as Record<string, unknown> | undefined;
      const name = registers[kind];
      const register = owner?.[name];
      if (owner === undefined || typeof register !== 'function') continue;
      undo.push(() => (owner[name] = register));
      owner[name] = (given: unknown) => {
        for (const back of undo) back();
        leave();
        standFor(version, restores, say);
        const isTaken = (register as (given: unknown) => unknown).call(owner, given);
        after(given);
        return isTaken;
      };
    }
    restores.push(leave);
  };
  yieldTo(
    'trace',
    () => trace.disable(),
    (provider) => {
      observe(observer);
      if (!(before instanceof ObservedTracerProvider)) return;
      const left = before.observed;
      // Tracers that were handed out before go on with what is there now.
      before.follow(provider as TracerProvider);
      end(left);
    },
  );
  yieldTo('context', () => context.disable(), nothing);
  yieldTo('propagation', () => propagation.disable(), nothing);
  // What the service does not register itself goes on as the environment says.
  const [meters, loggers] = [metrics.getMeterProvider(), logs.getLoggerProvider()];
  yieldTo(
    'metrics',
    () => metrics.disable(),
    () => end(meters),
  );
  yieldTo(
    'logs',
    () => logs.disable(),
    () => end(loggers),
  );
}

/** A provider that nobody is given any more sends what it has, and stops. */
function end(provider: object): void {
  const { shutdown } = provider as { shutdown?: () => Promise<void> };
  if (shutdown !== undefined) void shutdown.call(provider).catch(nothing);
}

const nothing = () => undefined;
const registers = {
  trace: 'setGlobalTracerProvider',
  context: 'setGlobalContextManager',
  propagation: 'setGlobalPropagator',
  metrics: 'setGlobalMeterProvider',
  logs: 'setGlobalLoggerProvider',
} as const;

/** Where every copy of the API keeps what is registered, with the version of the copy that came first. */
const slot = Symbol.for('opentelemetry.js.api.1');
interface Slot {
  version: string;
}

/** The API lets nobody register who is of another version than whoever did first: then all of ours makes room, and theirs comes first. */
function standFor(version: string, leaves: readonly (() => void)[], say: (text: string) => void): void {
  const kept = (globalThis as { [slot]?: Slot })[slot];
  if (kept === undefined || kept.version === version) return;
  say(
    `the service has its own @opentelemetry/api ${version}, and not ${kept.version}: its telemetry goes on as it was, and decisions are recorded without spans. Install one version of it.`,
  );
  for (const leave of leaves) leave();
  kept.version = version;
}
