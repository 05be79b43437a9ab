// A service that has its own OpenTelemetry, set up in its own code, as OpenTelemetry's getting started has it.
import { NodeSDK } from '@opentelemetry/sdk-node';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import OpenAI from 'openai';

// Handed out before anything is set up.
const early = trace.getTracer('early');
const exporter = new InMemorySpanExporter();
const processor = new SimpleSpanProcessor({ exporter });
const sdk = new NodeSDK({ spanProcessors: [processor] });
sdk.start();

const client = new OpenAI({ baseURL: process.env.PROVIDER_URL, apiKey: 'none', maxRetries: 0 });
await early.startActiveSpan('a request', async (span) => {
  await client.chat.completions.create({ model: 'gpt-5', messages: [{ role: 'user', content: 'Say this is a test' }] });
  span.end();
});
// Spans wait until the SDK knows what it runs on.
await processor.forceFlush();
console.log(
  exporter.getFinishedSpans().map(({ name, attributes }) => [name, attributes['decision.workflow.id'] ?? null]),
);
await sdk.shutdown();
