/** Model versions as the app shows them, and as guards have to know them. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { CanaryPhase, Gate, ModelAuthority, ModelVersionState } from '@countersign/contract';
import { rolloutShare } from './rollout.ts';
import type { AskedGates, SignOff, VersionRow } from './store.ts';

interface Known {
  /** For its next step. */
  readonly signOffs: (row: VersionRow) => readonly SignOff[];
  readonly frozen: (row: VersionRow) => string | null;
  readonly isControlled: (workflowId: string) => boolean;
  readonly roles: (workflowId: string) => readonly string[];
  readonly share: (row: VersionRow) => number;
  /** For its next step: what the policy asks, and what was said. */
  readonly gates: (row: VersionRow) => readonly Gate[];
  readonly asked: (row: VersionRow) => AskedGates | null;
}

/** Active is the newest version that was not rolled back and may have authority. `rows` are newest first. */
export function statesOf(rows: readonly VersionRow[], known: Known): ModelVersionState[] {
  const taken = new Set<string>();
  return rows.map((row) => {
    const model = `${row.workflow_id} ${row.model_name}`;
    const isControlled = known.isControlled(row.workflow_id);
    const isUsable = row.rolled_back_at === null && (row.declared_at !== null || !isControlled);
    const active = isUsable && !taken.has(model);
    if (active) taken.add(model);
    const autonomy = row.declared_at === null ? ('undeclared' as const) : row.autonomy;
    return {
      workflow_id: row.workflow_id,
      model_name: row.model_name,
      version: row.version,
      hash: row.hash,
      first_seen_at: row.first_seen_at.toISOString(),
      rolled_back_at: row.rolled_back_at?.toISOString() ?? null,
      active,
      autonomy: isControlled ? autonomy : null,
      canary_share: known.share(row),
      sign_offs: known.signOffs(row).map(({ role, signed_by }) => ({ role, by: signed_by })),
      roles: [...known.roles(row.workflow_id)],
      ...gatesOf(known.gates(row), known.asked(row)),
      frozen: isControlled ? known.frozen(row) : null,
    };
  });
}

/** What was said of gates that the policy has changed since does not count. */
function gatesOf(
  gates: readonly Gate[],
  asked: ReturnType<Known['asked']>,
): Pick<ModelVersionState, 'gates' | 'gates_asked_at'> {
  return {
    gates: gates.map((gate) => {
      const said = asked?.results.find((result) => isDeepStrictEqual(result.gate, gate));
      return {
        gate,
        result: said === undefined ? null : { value: said.value, passed: said.passed, reason: said.reason },
      };
    }),
    gates_asked_at: asked?.checked_at.toISOString() ?? null,
  };
}

/** The version to go back to from `row`: the newest before it that has authority; `rows` are of one model, newest first. */
export const versionBefore = (
  row: VersionRow,
  rows: readonly VersionRow[],
  isControlled: boolean,
): VersionRow | undefined =>
  rows.find(
    (other) =>
      other.rolled_back_at === null &&
      other.first_seen_at < row.first_seen_at &&
      (other.declared_at !== null || !isControlled),
  );

/** `rows` are of one workflow, newest first. */
export function versionsOf(
  rows: readonly VersionRow[],
  isControlled: boolean,
  phases: readonly CanaryPhase[],
): ModelAuthority[] {
  return [...new Set(rows.map((row) => row.model_name))].map((model_name) => {
    const own = rows.filter((row) => row.model_name === model_name);
    return {
      model_name,
      rolled_back: own
        .filter((row) => row.rolled_back_at !== null)
        .map((row) => ({ version: row.version, instead: versionBefore(row, own, isControlled)?.version ?? null })),
      versions: own
        .filter((row) => row.rolled_back_at === null && (row.declared_at !== null || !isControlled))
        .map((row) => ({
          version: row.version,
          hash: row.hash,
          autonomy: isControlled ? row.autonomy : 'automatic',
          canary_share: row.rollout === null ? 0 : rolloutShare(row.rollout, phases),
          epoch: Number(row.epoch),
        })),
    };
  });
}
