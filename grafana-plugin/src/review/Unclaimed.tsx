/** A case that is not this person's to decide now: why, what they can do, and what they had typed on it. */
import type { DecideRequest, ReviewCase } from '@countersign/contract';
import { Alert, Button } from '@grafana/ui';
import { t } from '../parts/i18n';
import { actionDone, ago } from '../parts/words';
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
      <Alert severity="info" title={actionDone(decided.action, { name: decided.by.name, ago: ago(decided.at, now) })}>
        <Kept decisionId={item.decision_id} />
        <Button variant="secondary" size="sm" onClick={onNext}>
          {t('review.unclaimed.next', 'Claim the next one (N)')}
        </Button>
      </Alert>
    );
  }
  if (item.claimed_by !== null) {
    return (
      <Alert
        severity="info"
        title={t('review.unclaimed.taken', '{{name}} is working on this case', { name: item.claimed_by.name })}
      >
        <Kept decisionId={item.decision_id} />
      </Alert>
    );
  }
  if (!canClaim)
    return (
      <Alert severity="info" title={t('review.unclaimed.only-look', 'You may look at cases, but not decide them')} />
    );
  return (
    <>
      <Kept decisionId={item.decision_id} />
      <Button size="lg" onClick={onClaim} disabled={claiming} data-testid="claim">
        {t('review.unclaimed.claim', 'Claim this case (C)')}
      </Button>
    </>
  );
}

/** Whoever lost a race, or the claim, lost no text. */
function Kept({ decisionId }: { decisionId: string }) {
  const { justification }: Pick<DecideRequest, 'justification'> = readDraft(decisionId);
  if (justification.trim() === '') return null;
  return (
    <p data-testid="kept">
      {t('review.unclaimed.kept', 'What you had written is kept: “{{text}}”', { text: justification })}
    </p>
  );
}
