/** What several dashboards say of who may decide: the share that the AI decides alone, and the states of breakers. */
import { breakerMapping } from './colors.ts';
import { toApp } from './links.ts';
import { timeline } from './panels.ts';
import {
  divide,
  max,
  only,
  orElse,
  plus,
  queries,
  sum,
  times,
  type Narrowing,
  type Vector,
  type Window,
} from './queries.ts';

/** Share of AI decisions that were carried out without a person. */
export function aloneRatio<B extends 'workflow' | 'model' | 'model_version' = never>(
  variables: readonly Narrowing[],
  over: Window,
  by: readonly B[] = [],
): Vector<B> {
  const { increase } = queries(variables);
  const decided = (route?: 'auto') =>
    increase('countersign_decisions_total', over, { actor: 'ai', ...(route === undefined ? {} : { route }) });
  // None is 0 %, and of no decision there is no share.
  const all = sum(decided(), by);
  return divide(orElse(sum(decided('auto'), by), times(all, 0)), only(all, '>', 0));
}

/** One number for each breaker, as `breakerMapping` has them: the gauge is 1 for the state that it is in. */
function breakerState(variables: readonly Narrowing[]) {
  const { gauge } = queries(variables);
  const isIn = (state: string) =>
    max(gauge('countersign_breaker_state', { state }), ['workflow', 'model', 'risk_tier'] as const);
  return plus(plus(isIn('half_open'), times(isIn('open'), 2)), times(isIn('forced_open'), 3));
}

export const breakerTimeline = (variables: readonly Narrowing[]) =>
  timeline({
    title: 'Decision authority',
    shows:
      'The state of each breaker, by workflow, model and risk tier. While one is open, people decide; half open, the AI decides a few canaries.',
    normal: 'All closed. Half open is normal for as long as a breaker finds its way back.',
    otherwise:
      'Look in Response for what opened it. It closes by itself once its cause is gone; forced open takes two people to give authority back.',
    unit: 'none',
    query: breakerState(variables),
    legend: '{{workflow}} · {{model}} · {{risk_tier}}',
    mappings: breakerMapping,
    links: [toApp('Response', 'response')],
  });
