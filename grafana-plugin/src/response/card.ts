/** How everything on the response page that stands by itself looks: a card with a head of badge, name and levers. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';

export const getCardStyles = (theme: GrafanaTheme2) => ({
  card: css({
    padding: theme.spacing(1.5),
    marginBottom: theme.spacing(1),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    p: { margin: theme.spacing(0.5, 0, 0) },
  }),
  row: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1.5), alignItems: 'center' }),
  grow: css({ flex: 1 }),
  quiet: css({ color: theme.colors.text.secondary }),
});
