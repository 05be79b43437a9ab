// The AI SDK's quick start for tools, with its telemetry registered as its own documentation says.
import { OpenTelemetry } from '@ai-sdk/otel';
import { registerTelemetry } from 'ai';

registerTelemetry(new OpenTelemetry());
await import('./ai-sdk.mjs');
