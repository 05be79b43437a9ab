/** What a decision costs the service that takes it, against a bare span with the same attributes in the same run. */
import { trace } from '@opentelemetry/api';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';
import * as countersign from '@countersign/otel-instrumentation';
import { atMost, nanoseconds, nanosecondsEach, ratio, type Figure } from './figure.ts';

/** Takes spans and forgets them: the exporter is not what is measured. */
const nowhere: SpanExporter = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: () => Promise.resolve(),
};

export async function benchmarkInstrumentation(): Promise<Figure[]> {
  const exporter = new BatchSpanProcessor({ exporter: nowhere });
  trace.setGlobalTracerProvider(new TracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors: [exporter] }));
  // Nobody listens there; the queue is what is measured, and it is large enough.
  countersign
    .start({
      source: 'bench',
      natsUrl: 'nats://127.0.0.1:9',
      queueLimit: 10_000_000,
      spool: false,
      onTrouble: () => undefined,
    })
    .catch(() => undefined);
  const tracer = trace.getTracer('bench');
  const options = {
    workflow: 'w',
    model: { name: 'm', version: '1', hash: `sha256:${'0'.repeat(64)}` },
    riskTier: 'low' as const,
    reversible: true,
    input: { content: 'x'.repeat(2_048) },
  };

  const id = crypto.randomUUID();
  // As somebody would write it by hand.
  const bare = nanosecondsEach(20_000, (i) =>
    tracer.startActiveSpan('decision w', (span) => {
      span.setAttributes({
        'decision.id': id,
        'decision.workflow.id': options.workflow,
        'decision.task.id': `t${i}`,
        'decision.actor.type': 'ai',
        'decision.model.name': options.model.name,
        'decision.model.version': options.model.version,
        'decision.risk_tier': options.riskTier,
        'decision.reversible': options.reversible,
        'decision.action': 'accept',
        'decision.route': 'human',
        'decision.route_reason': 'authority_lost',
        'decision.breaker.epoch': 0,
      });
      span.end();
      return 1;
    }),
  );
  // Without an output there is no event: the span alone.
  const spanOnly = nanosecondsEach(20_000, (i) => countersign.decision({ ...options, task: `t${i}` }, () => 1));
  const whole = nanosecondsEach(20_000, (i) =>
    countersign.decision({ ...options, task: `t${i}` }, (decision) => {
      decision.output({ label: 'yes', scores: { yes: 0.9, no: 0.1 } }, 0.9);
      decision.propose('accept', 'because');
      return 1;
    }),
  );
  const question = { ...options, task: 't', confidence: 0.9 };
  const guard = nanosecondsEach(200_000, () => countersign.guard(question));
  await countersign.shutdown(1);
  return [
    atMost('decision span against a bare span', spanOnly / bare, 1.3, ratio),
    atMost('with 2 KB hashed and the event queued', whole / bare, 2.5, ratio),
    { what: 'a bare span with the same attributes', measured: nanoseconds(bare), goal: '', met: null },
    atMost('guard that has heard nothing yet', guard, 200, nanoseconds),
  ];
}
