/** The last decision, while it can be undone: a count down, a button, and a key. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, useStyles2 } from '@grafana/ui';
import { useUndo } from '../api/reviews';
import { t } from '../parts/i18n';
import { useKeys } from '../parts/use-keys';
import { useNow } from '../parts/use-now';
import { actionText } from '../parts/words';
import { restoreDraft } from './draft';
import type { Undoable } from './use-undoable';

/** On a small screen, in px. */
export const undoBarHeight = 52;

interface UndoBarProps {
  readonly undoable: Undoable;
  readonly onUndone: (decisionId: string) => void;
}

export function UndoBar({ undoable, onUndone }: UndoBarProps) {
  const styles = useStyles2(getStyles);
  const undo = useUndo();
  const now = useNow(1_000);
  const { decisionId, title, action, request, until } = undoable;
  const seconds = Math.floor((until - now) / 1_000);
  const act = () => {
    if (undo.isPending || seconds <= 0) return;
    const onUndoneThere = () => {
      if (request !== null) restoreDraft(decisionId, request);
    };
    undo.mutate({ id: decisionId, onUndone: onUndoneThere, until }, { onSuccess: () => onUndone(decisionId) });
  };
  useKeys({ z: act });
  if (seconds <= 0) return null;
  return (
    <div className={styles} data-testid="undo">
      {/* Said once: the seconds are none of it. */}
      <span role="status">
        {t('review.undo.decided', '{{action}}: “{{title}}”', { action: actionText(action), title })}
      </span>
      <Button size="sm" variant="secondary" icon="history-alt" onClick={act} disabled={undo.isPending}>
        {t('review.undo.undo', 'Undo (Z), {{seconds}} s', { seconds })}
      </Button>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) =>
  css({
    position: 'fixed',
    bottom: theme.spacing(2),
    left: '50%',
    transform: 'translateX(-50%)',
    zIndex: theme.zIndex.navbarFixed,
    display: 'flex',
    gap: theme.spacing(2),
    alignItems: 'center',
    maxWidth: 'min(420px, calc(100vw - 16px))',
    // On a small screen the form stands above it.
    [theme.breakpoints.down('md')]: {
      bottom: 0,
      left: 0,
      right: 0,
      height: undoBarHeight,
      maxWidth: 'none',
      transform: 'none',
      justifyContent: 'space-between',
    },
    padding: theme.spacing(1, 1.5),
    background: theme.colors.background.elevated,
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.default,
    boxShadow: theme.shadows.z3,
    '> span': { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
    button: { flexShrink: 0 },
  });
