/** The policies in force: read at start from a directory, their change put on record. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventTypes, type Policy, type Priority, type RiskTier } from '@countersign/contract';
import type { Queryable } from '../database/index.ts';
import { writtenEntry, type Ledger, type NewId } from '../ledger/index.ts';
import { checkPolicy, formatProblem } from './check.ts';
import { parseDuration } from './duration.ts';

export interface PolicyInForce {
  readonly policy: Policy;
  readonly hash: string;
  /** The file it was read from. */
  readonly text: string;
}

/** By workflow. */
export type Policies = ReadonlyMap<string, PolicyInForce>;

/** Reads every `*.yaml` of a directory. Throws one error that names all problems of all files. */
export async function readPolicies(directory: string): Promise<Policies> {
  const names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name)).toSorted();
  const policies = new Map<string, PolicyInForce>();
  const problems: string[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const text = await readFile(path, 'utf8');
    const check = checkPolicy(text);
    if (check.is === 'bad') {
      problems.push(...check.problems.map((problem) => formatProblem(path, problem)));
    } else if (policies.has(check.policy.workflow)) {
      problems.push(`${path}: workflow ${check.policy.workflow} has a policy in another file already. Keep one.`);
    } else {
      policies.set(check.policy.workflow, { policy: check.policy, hash: check.hash, text });
    }
  }
  if (problems.length > 0) throw new Error(`policies cannot be used:\n${problems.join('\n')}`);
  return policies;
}

/** Appends a record for each policy that is new or changed since the daemon last ran. */
export async function recordPolicies(
  ledger: Ledger,
  logId: string,
  policies: Policies,
  now: () => Date,
  newId: NewId,
  /** Called in the transaction with each workflow whose policy is another than before. */
  onChanged: (db: Queryable, workflowId: string) => Promise<void>,
): Promise<void> {
  await ledger.write(async ({ client, append }) => {
    for (const [workflow, { hash, text }] of policies) {
      const { rows } = await client.query<{ hash: string }>(
        'SELECT hash FROM policy_in_force WHERE log_id = $1 AND workflow_id = $2',
        [logId, workflow],
      );
      const previous = rows[0]?.hash ?? null;
      if (previous === hash) continue;
      const data = { workflow_id: workflow, hash, previous_hash: previous, text };
      await append([writtenEntry({ type: eventTypes.policy, subject: workflow, data }, now(), newId)]);
      await client.query(
        'INSERT INTO policy_in_force (log_id, workflow_id, hash) VALUES ($1, $2, $3) ON CONFLICT (log_id, workflow_id) DO UPDATE SET hash = $3',
        [logId, workflow, hash],
      );
      if (previous !== null) await onChanged(client, workflow);
    }
  });
}

/** The duration of a policy that was checked, in ms. */
export function durationOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new Error(`${JSON.stringify(text)} was not checked as a duration`);
  return ms;
}

export function priorityOf(policy: Policy, tier: RiskTier): Priority {
  const found = (['P1', 'P2', 'P3'] as const).find((priority) => policy.sla[priority].risk_tiers.includes(tier));
  if (found === undefined) throw new Error(`risk tier ${tier} of ${policy.workflow} was not checked for a priority`);
  return found;
}
