/** A case that is not this person's to decide now: why, what they can do, and what they had typed on it. */
import type { DecideRequest, ReviewCase } from '@countersign/contract';
import { Alert, Button } from '@grafana/ui';
import { actionDone, span } from '../parts/words';
import { readDraft } from './draft';

interface UnclaimedProps {
  readonly opened: ReviewCase;
  readonly now: number;
  readonly canClaim: boolean;
  readonly claiming: boolean;
  readonly onClaim: () => void;
  readonly onNext: () => void;
}

export function Unclaimed({ opened, now, canClaim, claiming, onClaim, onNext }: UnclaimedProps) {
  const { item, decided } = opened;
  if (decided !== null) {
    return (
      <Alert
        severity="info"
        title={`${decided.by.name} ${actionDone[decided.action]} ${span(now - Date.parse(decided.at))} ago`}
      >
        <Kept decisionId={item.decision_id} />
        <Button variant="secondary" size="sm" onClick={onNext}>
          Claim the next one (N)
        </Button>
      </Alert>
    );
  }
  if (item.claimed_by !== null) {
    return (
      <Alert severity="info" title={`${item.claimed_by.name} is working on this case`}>
        <Kept decisionId={item.decision_id} />
      </Alert>
    );
  }
  if (!canClaim) return <Alert severity="info" title="You may look at cases, but not decide them" />;
  return (
    <Button size="lg" onClick={onClaim} disabled={claiming} data-testid="claim">
      Claim this case (C)
    </Button>
  );
}

/** Whoever lost a race lost no text. */
function Kept({ decisionId }: { decisionId: string }) {
  const { justification }: Pick<DecideRequest, 'justification'> = readDraft(decisionId);
  if (justification.trim() === '') return null;
  return (
    <p data-testid="kept">
      What you had written is kept: <q>{justification}</q>
    </p>
  );
}
