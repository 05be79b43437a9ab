export type { BreakerEvent, BreakerState, Step } from './breaker.ts';
export { policyChanged, takeEpoch } from './store.ts';
export { Breakers, type Applied, type Scope } from './breakers.ts';
export { AuthorityDistribution } from './distribution.ts';
