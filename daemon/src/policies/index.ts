export { dueAt, dueUrgently, quietUntil, workingMs } from './business-hours.ts';
export { checkPolicy, formatProblem, policySchema, type PolicyCheck } from './check.ts';
export { durationOf, priorityOf, readPolicies, recordPolicies, type Policies, type PolicyInForce } from './policies.ts';
export { mayReview, namedReviewers, reviewedBy } from './reviewers.ts';
export { policyTypes } from './types.ts';
