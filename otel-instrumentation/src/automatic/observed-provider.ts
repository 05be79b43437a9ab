/**
 * A tracer provider whose spans are seen by an observer as well, whoever has set it up: span processors can be given to an
 * SDK only while it is made, and not at all when it is made from a configuration file.
 */
import {
  context,
  diag,
  isSpanContextValid,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerOptions,
  type TracerProvider,
} from '@opentelemetry/api';
import type { SeenSpan, SpanObserver } from './parts.ts';
import { keepWhatIsSaid } from './unsampled-span.ts';

export class ObservedTracerProvider implements TracerProvider {
  readonly observer: SpanObserver;
  private current: TracerProvider;

  constructor(observed: TracerProvider, observer: SpanObserver) {
    this.current = observed;
    this.observer = observer;
  }

  get observed(): TracerProvider {
    return this.current;
  }

  /** Tracers that were handed out make their spans with another provider from now on. */
  follow(provider: TracerProvider): void {
    this.current = provider;
  }

  /** Some ask the provider itself to send what it has before a process is frozen. */
  async forceFlush(): Promise<void> {
    await (this.current as Partial<Flushed>).forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await (this.current as Partial<Flushed>).shutdown?.();
  }

  getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
    return new ObservedTracer(this, (provider) => provider.getTracer(name, version, options));
  }
}

/** What the providers of OpenTelemetry's SDK have. */
interface Flushed {
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

type Within<T> = (span: Span) => T;

class ObservedTracer implements Tracer {
  private readonly provider: ObservedTracerProvider;
  private readonly tracerOf: (provider: TracerProvider) => Tracer;
  private last: { readonly of: TracerProvider; readonly tracer: Tracer };

  constructor(provider: ObservedTracerProvider, tracerOf: (provider: TracerProvider) => Tracer) {
    this.provider = provider;
    this.tracerOf = tracerOf;
    this.last = { of: provider.observed, tracer: tracerOf(provider.observed) };
  }

  private get tracer(): Tracer {
    const { observed } = this.provider;
    if (this.last.of !== observed) this.last = { of: observed, tracer: this.tracerOf(observed) };
    return this.last.tracer;
  }

  startSpan(name: string, options: SpanOptions = {}, parent: Context = context.active()): Span {
    const { observer } = this.provider;
    const made = this.tracer.startSpan(name, options, parent);
    const span = isSeen(made) ? made : unsampled(made, name, options, observer);
    if (span === null) return made;
    quietly(() => observer.onStart(span, options.root === true ? trace.deleteSpan(parent) : parent));
    const end = span.end.bind(span);
    span.end = (time) => {
      // Before, because attributes cannot be set after.
      if (span.isRecording()) quietly(() => observer.onEnd(span));
      end(time);
    };
    return span;
  }

  startActiveSpan<F extends Within<unknown>>(name: string, work: F): ReturnType<F>;
  startActiveSpan<F extends Within<unknown>>(name: string, options: SpanOptions, work: F): ReturnType<F>;
  startActiveSpan<F extends Within<unknown>>(
    name: string,
    options: SpanOptions,
    parent: Context,
    work: F,
  ): ReturnType<F>;
  startActiveSpan<F extends Within<unknown>>(name: string, ...rest: readonly (SpanOptions | Context | F)[]) {
    const work = rest.at(-1) as F;
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : {};
    const parent = rest.length > 2 ? (rest[1] as Context) : context.active();
    const span = this.startSpan(name, options, parent);
    return context.with(trace.setSpan(parent, span), () => work(span)) as ReturnType<F>;
  }
}

/** Whatever an attribute holds that somebody made: the service's own work goes on. */
export function quietly(look: () => void): void {
  try {
    look();
  } catch (error) {
    diag.error('countersign: a span could not be looked at', error);
  }
}

/** Null where nobody would look at it. */
function unsampled(span: Span, name: string, options: SpanOptions, observer: SpanObserver): (Span & SeenSpan) | null {
  if (!observer.wantsUnsampled() || !isSpanContextValid(span.spanContext())) return null;
  return keepWhatIsSaid(span, name, options.attributes ?? {}, Date.now());
}

/** Recorded, with its attributes to be read: a span of OpenTelemetry's SDK. */
const isSeen = (span: Span): span is Span & SeenSpan =>
  span.isRecording() && typeof (span as Partial<SeenSpan>).attributes === 'object';
