/**
 * What the package measures of itself and of the decisions, by OpenTelemetry's API. Made when first needed, so that they
 * belong to whatever the service has set up by then; verdicts of the guard are counted in memory and read when they are
 * collected, because asking it has to cost next to nothing.
 */
import { metrics, type Attributes, type Counter, type Histogram, type Meter } from '@opentelemetry/api';
import type { GuardVerdict } from './guard.ts';
import { attribute, metric, scope } from './semconv.ts';

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
}

export class Meters {
  private made: Instruments | null = null;
  private readonly pendingNow: () => number;
  private readonly verdicts = new Map<string, Map<GuardVerdict['reason'], Record<GuardVerdict['route'], number>>>();

  constructor(pendingNow: () => number) {
    this.pendingNow = pendingNow;
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

  asked(workflow: string, { route, reason }: GuardVerdict): void {
    let ofWorkflow = this.verdicts.get(workflow);
    if (ofWorkflow === undefined) {
      // Nobody asks of more workflows than this, but by mistake.
      if (this.verdicts.size >= mostWorkflows) return;
      this.verdicts.set(workflow, (ofWorkflow = new Map()));
      // So that they are collected though nothing is decided.
      this.made ??= this.make(metrics.getMeter(scope.name, scope.version));
    }
    const counts = ofWorkflow.get(reason);
    if (counts === undefined) ofWorkflow.set(reason, { auto: 0, human: 0, halt: 0, [route]: 1 });
    else counts[route] += 1;
  }

  private get instruments(): Instruments {
    this.made ??= this.make(metrics.getMeter(scope.name, scope.version));
    return this.made;
  }

  private make(meter: Meter): Instruments {
    meter
      .createObservableCounter(metric.guardVerdicts, { unit: '{verdict}', description: 'Answers of the guard.' })
      .addCallback((result) => {
        for (const [workflow, reasons] of this.verdicts) {
          for (const [reason, counts] of reasons) {
            for (const route of ['auto', 'human', 'halt'] as const) {
              if (counts[route] === 0) continue;
              const about = {
                [attribute.workflow]: workflow,
                [attribute.route]: route,
                [attribute.reason]: reason,
              };
              result.observe(counts[route], about);
            }
          }
        }
      });
    meter
      .createObservableUpDownCounter(metric.pending, { unit: '{event}', description: 'Events not acknowledged yet.' })
      .addCallback((result) => result.observe(this.pendingNow()));
    const seconds = (description: string, explicitBucketBoundaries: number[]) => ({
      unit: 's',
      description,
      advice: { explicitBucketBoundaries },
    });
    return {
      duration: meter.createHistogram(metric.duration, seconds('Duration of AI decisions.', decisionBuckets)),
      review: meter.createHistogram(metric.reviewDuration, seconds('Time people took to decide.', reviewBuckets)),
      sent: meter.createCounter(metric.events, { unit: '{event}', description: 'Events acknowledged by NATS.' }),
      spooled: meter.createCounter(metric.spooled, { unit: '{event}', description: 'Events that went to disk.' }),
      dropped: meter.createCounter(metric.dropped, { unit: '{event}', description: 'Events given up.' }),
    };
  }
}

const mostWorkflows = 1_000;
