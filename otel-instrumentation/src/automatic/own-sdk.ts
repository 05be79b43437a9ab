/**
 * OpenTelemetry for a service that has not set it up: the SDK as the environment describes it, or else none but what carries
 * the context, and makes spans that nobody exports. It makes room as soon as the service sets up its own.
 */
import { context, logs, metrics, propagation, trace, type TracerProvider } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { startNodeSDK } from '@opentelemetry/sdk-node';
import { TracerProvider as SdkTracerProvider } from '@opentelemetry/sdk-trace';
import { ObservedTracerProvider } from './observed-provider.ts';
import type { SpanObserver } from './parts.ts';
import { hasOtelSettings } from './settings.ts';

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
export function setUpOpenTelemetry(observer: SpanObserver, env: Readonly<Record<string, string | undefined>>): OwnSdk {
  if (isRegistered()) {
    observe(observer);
    return none;
  }
  const sdk = env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' ? none : startOne(env);
  observe(observer);
  if (sdk !== none) makeRoomFor(observer, sdk);
  return sdk;
}

function startOne(env: Readonly<Record<string, string | undefined>>): OwnSdk {
  if (hasOtelSettings(env)) return startNodeSDK();
  const provider = new SdkTracerProvider({});
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  return { shutdown: () => provider.shutdown() };
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

/** When the service registers its own of a kind, ours of this kind is gone first; the API would refuse a second one. */
function makeRoomFor(observer: SpanObserver, ours: OwnSdk): void {
  const before = passingOn()?.getDelegate();
  const registerTracers = trace.setGlobalTracerProvider.bind(trace);
  trace.setGlobalTracerProvider = (provider) => {
    trace.setGlobalTracerProvider = registerTracers;
    trace.disable();
    const isTaken = registerTracers(provider);
    observe(observer);
    // Tracers that were handed out before go on with what is there now.
    if (before instanceof ObservedTracerProvider) before.follow(provider);
    void ours.shutdown().catch(() => undefined);
    return isTaken;
  };
  const registerContext = context.setGlobalContextManager.bind(context);
  context.setGlobalContextManager = (manager) => {
    context.setGlobalContextManager = registerContext;
    context.disable();
    return registerContext(manager);
  };
  const registerPropagator = propagation.setGlobalPropagator.bind(propagation);
  propagation.setGlobalPropagator = (propagator) => {
    propagation.setGlobalPropagator = registerPropagator;
    propagation.disable();
    return registerPropagator(propagator);
  };
  const registerMeters = metrics.setGlobalMeterProvider.bind(metrics);
  metrics.setGlobalMeterProvider = (provider) => {
    metrics.setGlobalMeterProvider = registerMeters;
    metrics.disable();
    return registerMeters(provider);
  };
  const registerLoggers = logs.setGlobalLoggerProvider.bind(logs);
  logs.setGlobalLoggerProvider = (provider) => {
    logs.setGlobalLoggerProvider = registerLoggers;
    logs.disable();
    return registerLoggers(provider);
  };
}
