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

it('has the names, units and attributes of the conventions', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  metrics.disable();
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  const meters = new Meters(() => 2);
  meters.decided(250, { 'decision.workflow.id': 'w' });
  meters.reviewed(90_000, { 'decision.workflow.id': 'w', 'decision.action': 'reject' });
  meters.sent(3);
  meters.spooled(4);
  meters.dropped(5, 'queue_full');
  meters.withheld('no_policy');
  await reader.forceFlush();
  const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const of = (name: string) => {
    const found = all.find(({ descriptor }) => descriptor.name === name);
    const [point] = found?.dataPoints ?? [];
    const value = point?.value;
    return [
      found?.descriptor.unit,
      typeof value === 'object' && value !== null && 'sum' in value ? value.sum : value,
      point?.attributes,
    ];
  };
  expect(of('decision.duration')).toEqual(['s', 0.25, { 'decision.workflow.id': 'w' }]);
  expect(of('decision.review.duration')).toEqual([
    's',
    90,
    { 'decision.workflow.id': 'w', 'decision.action': 'reject' },
  ]);
  expect(of('decision.event.sent')).toEqual(['{event}', 3, {}]);
  expect(of('decision.event.spooled')).toEqual(['{event}', 4, {}]);
  expect(of('decision.event.dropped')).toEqual(['{event}', 5, { 'error.type': 'queue_full' }]);
  expect(of('decision.input.withheld')).toEqual(['{input}', 1, { 'error.type': 'no_policy' }]);
  expect(of('decision.event.pending')).toEqual(['{event}', 2, {}]);
  meters.end();
});

it('belongs to what the service sets up after something was measured', async () => {
  metrics.disable();
  const meters = new Meters(() => 1);
  meters.sent(1);
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  meters.sent(2);
  await reader.forceFlush();
  const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const values = all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]?.value]);
  expect(Object.fromEntries(values)).toMatchObject({ 'decision.event.sent': 2, 'decision.event.pending': 1 });
  meters.end();
});
