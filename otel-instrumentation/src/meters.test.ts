/** What is measured, as a collector gets it. */
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect, it } from 'vitest';
import type { GuardVerdict } from './guard.ts';
import { Meters } from './meters.ts';

it('counts on after another start, and reads what is pending of the last alone', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  const read = async () => {
    exporter.reset();
    await reader.forceFlush();
    const points = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
    return Object.fromEntries(points.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]?.value]));
  };
  const yes: GuardVerdict = { route: 'auto', reason: 'allowed', epoch: 1, useVersion: null };
  const first = new Meters(() => 7);
  first.asked('w', yes);
  first.asked('w', yes);
  expect(await read()).toMatchObject({ 'decision.guard.verdicts': 2, 'decision.event.pending': 7 });
  first.end();
  const second = new Meters(() => 3);
  second.asked('w', yes);
  expect(await read()).toMatchObject({ 'decision.guard.verdicts': 3, 'decision.event.pending': 3 });
});
