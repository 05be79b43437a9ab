// Sets up its traces by itself, and leaves its metrics to the environment.
import { metrics, trace } from '@opentelemetry/api';
import { TracerProvider } from '@opentelemetry/sdk-trace';

trace.setGlobalTracerProvider(new TracerProvider({}));
metrics.getMeter('own').createCounter('letters.sent').add(3);
