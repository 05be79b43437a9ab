/** Whether a decision may be recorded for a case: every reason against it, as one typed answer. Pure. */
import type { ConflictCode, DecideRequest, Output, Policy } from '@countersign/contract';
import type { Static } from 'typebox';
import type { CaseRow } from './store.ts';

export interface Refusal {
  readonly is: 'bad_request' | Static<typeof ConflictCode>;
  readonly message: string;
  /** Who was first, where that is the reason. */
  readonly winner: { id: string; name: string; action: CaseRow['decided_action']; at: string | null } | null;
}

export const refused = (is: Refusal['is'], message: string): Refusal => ({ is, message, winner: null });

export const takesSomebodyElse = refused(
  'four_eyes',
  'You have decided this case, or given it up to somebody else. It takes another person now.',
);

/** What is known beside the case and the request. */
export interface Circumstances {
  readonly person: string;
  readonly now: Date;
  /** Has said what they think, of a case that wants it first. */
  readonly hasCommitted: boolean;
  readonly hasDecidedBefore: boolean;
  /** What is wrong with a structured output; null when nothing is, or the policy has no schema of it. */
  readonly wrongOutput: (output: Output) => string | null;
}

export function refusalOf(
  row: CaseRow,
  request: DecideRequest,
  policy: Policy,
  circumstances: Circumstances,
): Refusal | null {
  const { person, now, hasCommitted, hasDecidedBefore } = circumstances;
  if (row.decided_at !== null) return decidedFirst(row, person);
  if (hasDecidedBefore) return takesSomebodyElse;
  const isHeld = row.claimed_by === person && row.lease_epoch === request.lease_epoch;
  if (!isHeld && row.claimed_by !== person) {
    const other = heldByOther(row, now);
    if (other !== null) return other;
  }
  if (row.version !== request.case_version) return changed(row);
  if (!isHeld) return refused('lease_lost', 'You do not hold this case. Claim it, then decide.');
  if (row.evidence_hash !== request.evidence_hash) {
    return refused('evidence_changed', 'What you saw is not the evidence of this case. Reload it, then decide.');
  }
  if (row.commit_first && !hasCommitted) {
    return refused('commit_first', 'Say first what you think it is. Then the AI’s answer is shown, and you decide.');
  }
  return wrongIn(row, request, policy, circumstances.wrongOutput);
}

export function decidedFirst(row: CaseRow, person: string): Refusal {
  if (row.pending_by !== null && row.pending_by !== person) {
    const name = row.decided_name ?? row.pending_by;
    return {
      is: 'claimed_by_other',
      message: `${name} is deciding this case.`,
      winner: { id: row.pending_by, name, action: null, at: null },
    };
  }
  const name = row.decided_name ?? row.decided_by ?? 'Someone';
  const at = row.decided_at === null ? '' : ` at ${row.decided_at.toISOString()}`;
  const isOwn = row.decided_by === person;
  return {
    is: 'already_decided',
    message: isOwn
      ? `You have decided this case${at}: ${row.decided_action}.`
      : `${name} decided this case first${at}: ${row.decided_action}.`,
    winner: {
      id: row.decided_by ?? '',
      name,
      action: row.decided_action,
      at: row.decided_at?.toISOString() ?? null,
    },
  };
}

/** Null while nobody else holds it. */
export function heldByOther(row: CaseRow, now: Date): Refusal | null {
  if (row.lease_until === null || row.lease_until <= now || row.claimed_by === null) return null;
  const name = row.claimed_name ?? row.claimed_by;
  return {
    is: 'claimed_by_other',
    message: `${name} holds this case until ${row.lease_until.toISOString()}.`,
    winner: { id: row.claimed_by, name, action: null, at: null },
  };
}

/** Who gave it back, how and when; of a decision that another person must not know, only that there was one. */
function changed({ changed_by, changed_name, changed_how, changed_at }: CaseRow): Refusal {
  const next = 'Look at it again, then decide.';
  if (changed_by === null || changed_how === null || changed_at === null) {
    return refused('case_changed', `The case has changed since you opened it. ${next}`);
  }
  const [name, at] = [changed_name ?? changed_by, changed_at.toISOString()];
  return {
    is: 'case_changed',
    message: `${name} ${whatHappened[changed_how]} at ${at}. ${next}`,
    winner: { id: changed_by, name, action: changed_how === 'escalated' ? 'escalate' : null, at },
  };
}

const whatHappened: Record<NonNullable<CaseRow['changed_how']>, string> = {
  escalated: 'escalated this case',
  undone: 'undid a decision on this case',
  decided: 'decided this case, which takes somebody else as well,',
  handed_over: 'handed this case over',
};

function wrongIn(
  row: CaseRow,
  { action, justification, output, reason_code }: DecideRequest,
  policy: Policy,
  wrongOutput: Circumstances['wrongOutput'],
): Refusal | null {
  const { labels, reason_codes, justification_required } = policy.review;
  const bad = (message: string) => refused('bad_request', message);
  if (justification_required.includes(action) && justification.trim() === '') {
    return bad(`justification is empty, and the policy wants one to ${action}. Say why.`);
  }
  if (reason_code !== undefined && !reason_codes.includes(reason_code)) {
    return bad(`reason_code is "${reason_code}". Use one of: ${reason_codes.join(', ')}.`);
  }
  if (action === 'modify') {
    if (output === undefined || (output.label === null && output.value === undefined)) {
      return bad(`output is ${JSON.stringify(output ?? null)}. To modify, say what the answer should have been.`);
    }
    // An answer that is a value and no label stays one.
    const isLabelled =
      output.label === null ? row.label === null || labels.length === 0 : labels.includes(output.label);
    if (!isLabelled) {
      const which = labels.length === 0 ? 'null: the policy has no labels' : `one of: ${labels.join(', ')}`;
      return bad(`output.label is ${JSON.stringify(output.label)}. To modify, use ${which}.`);
    }
    if (output.label === row.label && output.value === undefined) {
      return bad(`output.label is what the AI said. Accept it, or choose another label.`);
    }
    const wrong = wrongOutput(output);
    if (wrong !== null) return bad(wrong);
  } else if (output !== undefined) {
    return bad(`output goes with the action modify only, and the action is ${action}.`);
  }
  if (action === 'rollback' && !row.executed) {
    return bad('There is nothing to roll back: the AI has not acted on this case. Reject it instead.');
  }
  return null;
}
