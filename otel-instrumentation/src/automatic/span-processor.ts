/** For a service that sets OpenTelemetry up itself: what `register` does with GenAI spans, as a span processor of its SDK. */
import type { Context, Span } from '@opentelemetry/api';
import { quietly } from './observed-provider.ts';
import { Observers } from './observers.ts';
import type { SeenSpan } from './parts.ts';

/** Of the SDK's interface, what is needed; so that this package does not depend on the SDK. */
export interface DecisionSpanProcessor {
  onStart(span: Span & SeenSpan, parent: Context): void;
  onEnding(span: Span & SeenSpan): void;
  onEnd(span: SeenSpan): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Makes GenAI spans parts of the decisions they happen in. Give it to the SDK: `spanProcessors: [decisionSpanProcessor()]`. */
export function decisionSpanProcessor(): DecisionSpanProcessor {
  const observers = new Observers();
  return {
    onStart: (span, parent) => quietly(() => observers.onStart(span, parent)),
    // While attributes can still be set.
    onEnding: (span) => quietly(() => observers.onEnd(span)),
    // An SDK that does not call `onEnding` has ended the span by now; what was seen once is not seen again.
    onEnd: (span) => quietly(() => observers.onEnd(span)),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}
