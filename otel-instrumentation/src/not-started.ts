/**
 * What stands in while the package is not started: a service does its work all the same. People decide what the guard is
 * asked, spans are made where there is a tracer, and no event is; that is counted, and said once.
 */
import { trace } from '@opentelemetry/api';
import { unheardRules } from './content-rules.ts';
import type { GuardVerdict } from './guard.ts';
import { Inputs } from './inputs.ts';
import { scope } from './scope.ts';
import type { Taking } from './taking.ts';

let lost = 0;

export const peopleDecide: GuardVerdict = { route: 'human', reason: 'authority_lost', epoch: 0, useVersion: null };

/** One event more that is not recorded. */
export function lose(): void {
  lost += 1;
  if (lost > 1) return;
  console.warn(
    'countersign: nothing is recorded until start({ source }) of @countersign/otel-instrumentation is called',
  );
}

export const lostBeforeStart = (): number => lost;

export const takingWithoutStart: Taking = {
  tracer: trace.getTracer(scope.name, scope.version),
  deciding: {
    source: '',
    inputs: new Inputs(
      null,
      () => undefined,
      () => undefined,
    ),
    ask: () => peopleDecide,
    privacyOf: unheardRules,
    register: () => Promise.reject(new Error('call start({ source }) of @countersign/otel-instrumentation first')),
    measured: () => undefined,
  },
  onEnded: lose,
  onTrouble: () => undefined,
};
