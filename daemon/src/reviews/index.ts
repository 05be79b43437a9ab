export { VerdictOutbox } from './outbox.ts';
export { putInOutbox } from './store.ts';
export { reasonForReview, Reviews } from './reviews.ts';
export type { Refusal } from './rules.ts';
