/** Whether a decision may be recorded for a case: every reason against it, as one typed answer. Pure. */
import type { DecideRequest, Policy } from '@countersign/contract';
import type { CaseRow } from './store.ts';

export type Refusal =
  | { readonly is: 'bad_request'; readonly message: string }
  | {
      readonly is: 'already_decided' | 'claimed_by_other' | 'lease_lost' | 'case_changed' | 'evidence_changed';
      readonly message: string;
      readonly winner: { id: string; name: string; action: CaseRow['decided_action']; at: string | null } | null;
    };

export function refusalOf(
  row: CaseRow,
  person: string,
  request: DecideRequest,
  policy: Policy,
  now: Date,
): Refusal | null {
  if (row.decided_at !== null) {
    const name = row.decided_name ?? row.decided_by ?? 'someone';
    return {
      is: 'already_decided',
      message: `${name} decided this case first: ${row.decided_action}.`,
      winner: { id: row.decided_by ?? '', name, action: row.decided_action, at: row.decided_at.toISOString() },
    };
  }
  if (row.claimed_by !== person || row.lease_epoch !== request.lease_epoch) return lostLease(row, now);
  if (row.version !== request.case_version) {
    const message = 'The case has changed since you opened it. Look at it again, then decide.';
    return { is: 'case_changed', message, winner: null };
  }
  if (row.evidence_hash !== request.evidence_hash) {
    const message = 'What you saw is not the evidence of this case. Reload it, then decide.';
    return { is: 'evidence_changed', message, winner: null };
  }
  return wrongIn(row, request, policy);
}

function lostLease(row: CaseRow, now: Date): Refusal {
  const held = row.lease_until !== null && row.lease_until > now && row.claimed_by !== null;
  if (!held) return { is: 'lease_lost', message: 'You do not hold this case. Claim it, then decide.', winner: null };
  const name = row.claimed_name ?? row.claimed_by ?? 'someone';
  return {
    is: 'claimed_by_other',
    message: `${name} holds this case until ${row.lease_until?.toISOString()}.`,
    winner: { id: row.claimed_by ?? '', name, action: null, at: null },
  };
}

function wrongIn(
  row: CaseRow,
  { action, justification, output, reason_code }: DecideRequest,
  policy: Policy,
): Refusal | null {
  const { labels, reason_codes, justification_required } = policy.review;
  const bad = (message: string): Refusal => ({ is: 'bad_request', message });
  if (justification_required.includes(action) && justification.trim() === '') {
    return bad(`justification is empty, and the policy wants one to ${action}. Say why.`);
  }
  if (reason_code !== undefined && !reason_codes.includes(reason_code)) {
    return bad(`reason_code is "${reason_code}". Use one of: ${reason_codes.join(', ')}.`);
  }
  if (action === 'modify') {
    if (output === undefined || output.label === null || !labels.includes(output.label)) {
      return bad(
        `output.label is ${JSON.stringify(output?.label ?? null)}. To modify, use one of: ${labels.join(', ')}.`,
      );
    }
    if (output.label === row.label) return bad(`output.label is what the AI said. Accept it, or choose another label.`);
  } else if (output !== undefined) {
    return bad(`output goes with the action modify only, and the action is ${action}.`);
  }
  if (action === 'rollback' && !row.executed) {
    return bad('There is nothing to roll back: the AI has not acted on this case. Reject it instead.');
  }
  return null;
}
