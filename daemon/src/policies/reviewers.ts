/** Who reviews what: a policy may name its reviewers; one that does not leaves it to whoever Grafana lets decide. */
import type { Reviewer } from '@countersign/contract';
import type { Policies } from './policies.ts';

/** False too for a workflow without a policy: nothing of it is reviewed. */
export function mayReview(policies: Policies, workflowId: string, { login }: Reviewer): boolean {
  const policy = policies.get(workflowId)?.policy;
  if (policy === undefined) return false;
  const named = policy.review.reviewers;
  return named === undefined || (login !== null && named.includes(login));
}

/** The workflows whose cases and records a person may see and decide. */
export const reviewedBy = (policies: Policies, person: Reviewer): string[] =>
  [...policies.keys()].filter((workflow) => mayReview(policies, workflow, person));

/** By workflow, the logins that its policy names; those without names are left out. */
export const namedReviewers = (policies: Policies): Record<string, string[]> =>
  Object.fromEntries(
    [...policies].flatMap(([workflow, { policy }]) =>
      policy.review.reviewers === undefined ? [] : [[workflow, policy.review.reviewers]],
    ),
  );
