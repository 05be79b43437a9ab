// As own-sdk.mjs, and with CommonJS: what is required is another copy of OpenTelemetry's API than what is imported.
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { trace } = require('@opentelemetry/api');
const { InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace');
const OpenAI = require('openai');

// Handed out before anything is set up.
const early = trace.getTracer('early');
const exporter = new InMemorySpanExporter();
const processor = new SimpleSpanProcessor({ exporter });
const sdk = new NodeSDK({ spanProcessors: [processor] });
sdk.start();

const client = new OpenAI({ baseURL: process.env.PROVIDER_URL, apiKey: 'none', maxRetries: 0 });

async function main() {
  await early.startActiveSpan('a request', async (span) => {
    const messages = [{ role: 'user', content: 'Say this is a test' }];
    await client.chat.completions.create({ model: 'gpt-5', messages });
    span.end();
  });
  // Spans wait until the SDK knows what it runs on.
  await processor.forceFlush();
  const of = ({ name, attributes }) => [name, attributes['decision.workflow.id'] ?? null];
  console.log(exporter.getFinishedSpans().map(of));
  await sdk.shutdown();
}
void main();
