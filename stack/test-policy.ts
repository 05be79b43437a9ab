/** Policies of the story's workflow, for tests of what goes by one. */
import { readFileSync } from 'node:fs';
import type { MonitorsPolicy, Policy } from '../contract/src/index.ts';
import { checkPolicy, formatProblem, type Policies } from '../daemon/src/policies/index.ts';
import { parse } from 'yaml';
import { storyWorkflow } from './test-story.ts';

const demo = readFileSync(new URL('../policies/mail-moderation.yaml', import.meta.url), 'utf8');

/** The demo's policy with other monitors, and whatever else `change` says; as a file would have it. */
export function policyText(monitors: MonitorsPolicy, change: Partial<Policy> = {}): string {
  const { alerts: _alerts, loop, ...policy } = parse(demo) as Policy;
  // A story has the features that it needs, and not only the demo's.
  const { features: _features, ...open } = loop;
  return JSON.stringify({ ...policy, loop: open, monitors, ...change });
}

export function policiesOf(text: string): Policies {
  const check = checkPolicy(text);
  if (check.is === 'bad') throw new Error(check.problems.map((problem) => formatProblem('policy', problem)).join('\n'));
  return new Map([[storyWorkflow, { policy: check.policy, hash: check.hash, text }]]);
}

export const policiesWith = (monitors: MonitorsPolicy, change: Partial<Policy> = {}): Policies =>
  policiesOf(policyText(monitors, change));
