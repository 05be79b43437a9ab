/** What a version may come to, and who has to agree: pure decisions that say why. */
import { isDeepStrictEqual } from 'node:util';
import { autonomyLevels, type Autonomy, type ChangeControl, type GateResult } from '@countersign/contract';
import type { SignOff, VersionRow } from './store.ts';

/** Who signs: the id under which they are on record, and the login by which policies and authors are known. */
export interface Signer {
  readonly id: string;
  readonly login: string | null;
  /** Every login under which they have come: whoever takes another is still the author of what they made. */
  readonly logins: readonly string[];
}

/** Gates that were passed longer ago say nothing of today. */
const gateHoldsMs = 30 * 86_400_000;

/** What stands in the way of signing a version off for a level, in a role; null when nothing does. */
export function refusalOf(
  row: VersionRow,
  to: Autonomy,
  role: string,
  signer: Signer,
  { roles, gates = [] }: ChangeControl,
  known: {
    readonly frozen: string | null;
    /** What stops the AI now; null when nothing does. */
    readonly stopped: string | null;
    readonly gate: { readonly results: readonly GateResult[]; readonly checkedAt: Date } | null;
    readonly signOffs: readonly SignOff[];
    readonly isLastPhaseOver: boolean;
    readonly now: Date;
  },
): string | null {
  if (row.declared_at === null) return `version ${row.version} is not declared. Declare it with its hash first.`;
  if (row.rolled_back_at !== null) return `version ${row.version} is rolled back.`;
  if (to !== next(row.autonomy)) {
    const after = next(row.autonomy);
    return `it is at ${row.autonomy}${after === null ? ', which is all there is' : `; the next step is ${after}`}.`;
  }
  if (known.frozen !== null) return `the rollout is frozen: ${known.frozen}`;
  if (known.stopped !== null) return `the AI is stopped: ${known.stopped}`;
  if (row.autonomy === 'canary' && !known.isLastPhaseOver) return 'its canary phases are not over.';
  const wanted = gates.filter((gate) => gate.to === to);
  if (wanted.length > 0) {
    if (known.gate === null) return `its gates for ${to} were not asked. Run countersign gate.`;
    if (
      !isDeepStrictEqual(
        wanted,
        known.gate.results.map(({ gate }) => gate),
      )
    )
      return `its gates for ${to} have changed since they were asked. Run countersign gate again.`;
    if (!known.gate.results.every(({ passed }) => passed)) return `its gates for ${to} do not let it pass.`;
    if (known.now.getTime() - known.gate.checkedAt.getTime() > gateHoldsMs)
      return `its gates for ${to} were passed more than 30 days ago. Run countersign gate again.`;
  }
  return refusalOfSigner(row, role, signer, roles, known.signOffs);
}

function refusalOfSigner(
  row: VersionRow,
  role: string,
  signer: Signer,
  roles: ChangeControl['roles'],
  signOffs: readonly SignOff[],
): string | null {
  const wanted = roles.find(({ name }) => name === role);
  if (wanted === undefined) return `there is no role ${role}; there are ${roles.map(({ name }) => name).join(', ')}.`;
  if (signer.login === null) return 'Grafana did not say your login, so it is not known whether you made it.';
  if ([signer.login, ...signer.logins].some((login) => isSameLogin(login, row.author ?? '')))
    return 'you made it; others have to sign it off.';
  if (wanted.people !== undefined && !wanted.people.some((login) => isSameLogin(login, signer.login ?? '')))
    return `you are no ${role} here.`;
  const other = signOffs.find(({ signed_by, role: signed }) => signed_by === signer.id && signed !== role);
  if (other !== undefined) return `you have signed as ${other.role}; it takes another person.`;
  return null;
}

/** Grafana's logins are the same in any case, and people type spaces. */
const isSameLogin = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();

/** Whether every role has signed. */
export const isSignedOff = (signOffs: readonly SignOff[], roles: ChangeControl['roles']): boolean =>
  roles.every(({ name }) => signOffs.some(({ role }) => role === name));

/** The level after this one; null after the last. */
export const next = (autonomy: Autonomy): Autonomy | null =>
  autonomyLevels[autonomyLevels.indexOf(autonomy) + 1] ?? null;
