// The OpenTelemetry of a service, in a file of its own that is imported first; it says what it exports.
import { NodeSDK } from '@opentelemetry/sdk-node';
import { SimpleSpanProcessor } from '@opentelemetry/sdk-trace';

const exporter = {
  export(spans, done) {
    for (const { name, attributes } of spans)
      process.stdout.write(`\nexported: ${name} of ${attributes['decision.workflow.id']}\n`);
    done({ code: 0 });
  },
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
process.env.OTEL_METRICS_EXPORTER = 'none';
process.env.OTEL_LOGS_EXPORTER = 'none';
new NodeSDK({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).start();
