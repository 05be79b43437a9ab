/**
 * The reviewer says what they think before they see what the AI says: a number chooses a label, nothing is chosen beforehand, and
 * it takes a second key to say it, since the first word stays on record.
 */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { Lease, ReviewCase } from '@countersign/contract';
import { Button, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { useCommit } from '../api/reviews';
import { t } from '../parts/i18n';
import { useKeys } from '../parts/use-keys';

interface CommitFirstProps {
  readonly opened: ReviewCase;
  /** Null while somebody only looks. */
  readonly lease: Lease | null;
}

export function CommitFirst({ opened, lease }: CommitFirstProps) {
  const styles = useStyles2(getStyles);
  const commit = useCommit();
  const { labels } = opened.rules;
  const [chosen, choose] = useState<string | null>(null);
  const say = () => {
    if (lease === null || chosen === null || commit.isPending) return;
    commit.mutate({ id: opened.item.decision_id, label: chosen, lease_epoch: lease.epoch });
  };
  useKeys({
    ...Object.fromEntries(labels.slice(0, 9).map((label, i) => [String(i + 1), () => lease !== null && choose(label)])),
    'mod+Enter': say,
  });
  return (
    <div data-testid="commit-first">
      <p>
        {t(
          'review.commit.why',
          'The AI’s answer is shown after you have said what it is. What you say first goes on record, and you may still decide otherwise.',
        )}
      </p>
      {lease === null ? (
        <p>{t('review.commit.claim', 'Claim the case to say it.')}</p>
      ) : (
        <>
          <div className={styles} role="group" aria-label={t('review.commit.labels', 'What it is')}>
            {labels.map((label, i) => (
              <Button
                key={label}
                variant={label === chosen ? 'primary' : 'secondary'}
                aria-pressed={label === chosen}
                onClick={() => choose(label)}
              >
                {label} {i < 9 && <kbd>{i + 1}</kbd>}
              </Button>
            ))}
          </div>
          <Button className={styles} disabled={chosen === null} aria-busy={commit.isPending} onClick={say}>
            {t('review.commit.say', 'Say it, and see the AI’s answer')}{' '}
            <kbd>{t('review.form.record-key', 'Ctrl ↵')}</kbd>
          </Button>
        </>
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) =>
  css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1),
    marginBottom: theme.spacing(1),
    kbd: {
      marginLeft: theme.spacing(0.75),
      padding: '0 5px',
      background: 'transparent',
      color: 'inherit',
      border: '1px solid currentColor',
      boxShadow: 'none',
    },
  });
