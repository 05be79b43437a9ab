export { Batches } from './batches.ts';
export { Decisions } from './decisions.ts';
export { reasonForReview } from './enlist.ts';
export { VerdictOutbox } from './outbox.ts';
export { Reviews } from './reviews.ts';
export type { Refusal } from './rules.ts';
export { putInOutbox } from './store.ts';
export { isOfPlanted } from './view.ts';
