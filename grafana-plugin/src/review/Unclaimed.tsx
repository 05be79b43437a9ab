/** A case that is not this person's to decide now: why, what they can do, and what they had typed on it. */
import type { ReviewCase } from '@countersign/contract';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, ClipboardButton, useStyles2 } from '@grafana/ui';
import { CallError } from '../api/client';
import { t } from '../parts/i18n';
import { actionDone, actionText, ago } from '../parts/words';
import { NotRecorded } from './DecisionForm';
import { readDraft } from './draft';

interface UnclaimedProps {
  readonly opened: ReviewCase;
  readonly now: number;
  readonly canClaim: boolean;
  readonly claiming: boolean;
  /** Why what they decided was not recorded. */
  readonly problem: Error | null;
  readonly onClaim: () => void;
  readonly onNext: () => void;
}

/** Where the form was, and in sight as that was. */
export function Unclaimed({ problem, ...props }: UnclaimedProps) {
  const styles = useStyles2(getStyles);
  // Once it is decided that says more than why it was not by this person, unless nobody knows whether it was.
  const isSaid = problem instanceof CallError && (props.opened.decided === null || problem.isLost);
  return (
    <section className={styles} aria-label={t('review.unclaimed.name', 'Whose case it is')}>
      {isSaid && <NotRecorded problem={problem} />}
      <WhoseItIs {...props} />
    </section>
  );
}

function WhoseItIs({ opened, now, canClaim, claiming, onClaim, onNext }: Omit<UnclaimedProps, 'problem'>) {
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
        <Button variant="secondary" size="sm" onClick={onNext}>
          {t('review.unclaimed.next', 'Claim the next one (N)')}
        </Button>
      </Alert>
    );
  }
  if (!canClaim) {
    return (
      <Alert severity="info" title={t('review.unclaimed.somebody-else', 'It takes somebody else now')}>
        {t('review.unclaimed.gave-up', 'You have decided this case, or given it up to a colleague.')}
      </Alert>
    );
  }
  return (
    <>
      <Kept decisionId={item.decision_id} />
      <Button size="lg" onClick={onClaim} disabled={claiming} data-testid="claim">
        {t('review.unclaimed.claim', 'Claim this case (C)')}
      </Button>
    </>
  );
}

/** Whoever lost a race, or the claim, lost nothing that they had chosen or written. */
function Kept({ decisionId }: { decisionId: string }) {
  const { action, label, value, justification, reasonCode } = readDraft(decisionId);
  const chosen = [action === null ? null : actionText(action), action === 'modify' ? label : null, reasonCode].filter(
    (one) => one !== null,
  );
  const texts = [justification.trim(), value ?? ''].filter((text) => text !== '');
  if (texts.length === 0 && chosen.length === 0) return null;
  return (
    <section data-testid="kept" aria-label={t('review.unclaimed.kept-name', 'What you had written')}>
      <p>
        {chosen.length === 0
          ? t('review.unclaimed.kept', 'What you had written is kept.')
          : t('review.unclaimed.kept-chosen', 'What you had chosen and written is kept: {{chosen}}.', {
              chosen: chosen.join(', '),
            })}
      </p>
      {texts.map((text) => (
        <div key={text}>
          <pre
            role="region"
            tabIndex={0}
            aria-label={t('review.unclaimed.kept-name', 'What you had written')}
            style={{
              maxHeight: 200,
              overflow: 'auto',
              whiteSpace: 'pre-wrap',
              wordBreak: 'normal',
              overflowWrap: 'anywhere',
            }}
          >
            {text}
          </pre>
          <ClipboardButton size="sm" variant="secondary" icon="copy" getText={() => text}>
            {t('review.unclaimed.copy', 'Copy')}
          </ClipboardButton>
        </div>
      ))}
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) =>
  css({
    position: 'sticky',
    bottom: 0,
    [theme.breakpoints.down('md')]: { bottom: 'var(--undo-bar, 0px)', maxHeight: '45vh' },
    zIndex: theme.zIndex.activePanel + 2,
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'flex-start',
    gap: theme.spacing(1),
    '> div, > section': { width: '100%' },
    maxHeight: '60vh',
    overflowY: 'auto',
    padding: theme.spacing(1.5, 0),
    background: theme.colors.background.canvas,
    borderTop: `1px solid ${theme.colors.border.medium}`,
  });
