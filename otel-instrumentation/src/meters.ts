/**
 * What the package measures of itself and of the decisions, by OpenTelemetry's API. Made when first needed, so that they
 * belong to whatever the service has set up by then; verdicts of the guard are counted in memory and read when they are
 * collected, because asking it has to cost next to nothing.
 */
import {
  metrics,
  type Attributes,
  type Counter,
  type Histogram,
  type Meter,
  type MeterProvider,
  type Observable,
  type ObservableCallback,
} from '@opentelemetry/api';
import type { GuardVerdict } from './guard.ts';
import { scope } from './scope.ts';
import { attribute, metric, metricOptions } from './semconv.ts';

/** From a rule that answers at once to a model that thinks for minutes. In s. */
const decisionBuckets = [0.001, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300];
/** From a click to the next day. In s. */
const reviewBuckets = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400];

interface Instruments {
  readonly duration: Histogram;
  readonly review: Histogram;
  readonly sent: Counter;
  readonly spooled: Counter;
  readonly dropped: Counter;
  readonly withheld: Counter;
}

/** Of the whole process, however often it is started: a counter does not go back. */
const guardVerdicts = new Map<string, Map<GuardVerdict['reason'], Record<GuardVerdict['route'], number>>>();

export class Meters {
  /** With the provider that they are of: a service may set up its own later, and what was made before is of none. */
  private made: { readonly of: MeterProvider; readonly instruments: Instruments } | null = null;
  private readonly pendingNow: () => number;

  /** Lets go of what is read when it is collected: another takes over. */
  private readonly letGo: (() => void)[] = [];

  constructor(pendingNow: () => number) {
    this.pendingNow = pendingNow;
  }

  end(): void {
    for (const letGo of this.letGo.splice(0)) letGo();
  }

  /** Of an AI decision, from its beginning to its end. */
  decided(ms: number, about: Attributes): void {
    this.instruments.duration.record(ms / 1_000, about);
  }

  reviewed(ms: number, about: Attributes): void {
    this.instruments.review.record(ms / 1_000, about);
  }

  sent(count: number): void {
    this.instruments.sent.add(count);
  }

  spooled(count: number): void {
    this.instruments.spooled.add(count);
  }

  dropped(count: number, reason: string): void {
    this.instruments.dropped.add(count, { [attribute.errorType]: reason });
  }

  withheld(why: string): void {
    this.instruments.withheld.add(1, { [attribute.errorType]: why });
  }

  asked(workflow: string, { route, reason }: GuardVerdict): void {
    let ofWorkflow = guardVerdicts.get(workflow);
    if (ofWorkflow === undefined) {
      // Nobody asks of more workflows than this, but by mistake.
      if (guardVerdicts.size >= mostWorkflows) return;
      guardVerdicts.set(workflow, (ofWorkflow = new Map()));
    }
    // So that they are collected though nothing is decided.
    void this.instruments;
    const counts = ofWorkflow.get(reason);
    if (counts === undefined) ofWorkflow.set(reason, { auto: 0, human: 0, halt: 0, [route]: 1 });
    else counts[route] += 1;
  }

  private get instruments(): Instruments {
    const of = metrics.getMeterProvider();
    if (this.made?.of !== of) {
      this.end();
      this.made = { of, instruments: this.make(of.getMeter(scope.name, scope.version)) };
    }
    return this.made.instruments;
  }

  private make(meter: Meter): Instruments {
    const verdicts = meter.createObservableCounter(metric.guardVerdicts, metricOptions[metric.guardVerdicts]);
    this.observe(verdicts, (result) => {
      for (const [workflow, reasons] of guardVerdicts) {
        for (const [reason, counts] of reasons) {
          for (const route of ['auto', 'human', 'halt'] as const) {
            if (counts[route] === 0) continue;
            const about = {
              [attribute.workflowId]: workflow,
              [attribute.route]: route,
              [attribute.routeReason]: reason,
            };
            result.observe(counts[route], about);
          }
        }
      }
    });
    const pending = meter.createObservableUpDownCounter(metric.eventPending, metricOptions[metric.eventPending]);
    this.observe(pending, (result) => result.observe(this.pendingNow()));
    const histogram = (name: 'decision.duration' | 'decision.review.duration', explicitBucketBoundaries: number[]) =>
      meter.createHistogram(name, { ...metricOptions[name], advice: { explicitBucketBoundaries } });
    return {
      duration: histogram(metric.duration, decisionBuckets),
      review: histogram(metric.reviewDuration, reviewBuckets),
      sent: meter.createCounter(metric.eventSent, metricOptions[metric.eventSent]),
      spooled: meter.createCounter(metric.eventSpooled, metricOptions[metric.eventSpooled]),
      dropped: meter.createCounter(metric.eventDropped, metricOptions[metric.eventDropped]),
      withheld: meter.createCounter(metric.inputWithheld, metricOptions[metric.inputWithheld]),
    };
  }

  private observe(instrument: Observable, callback: ObservableCallback): void {
    instrument.addCallback(callback);
    this.letGo.push(() => instrument.removeCallback(callback));
  }
}

const mostWorkflows = 1_000;
