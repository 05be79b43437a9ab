/** Loading, empty and failed: each says what to do next, and keeps the place of what is to come. */
import { css, keyframes } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';
import { t } from './i18n';

/** Grey lines where content will be; no jump when it comes. */
export function Skeleton({ lines, height = 16 }: { lines: number; height?: number }) {
  const styles = useStyles2(getStyles);
  return (
    <div aria-busy="true" aria-label={t('parts.loading', 'Loading')}>
      {Array.from({ length: lines }, (_, i) => (
        <div key={i} className={styles.line} style={{ height, width: `${90 - ((i * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

export function Failed({ what, error, retry }: { what: string; error: Error; retry: () => void }) {
  return (
    <Alert severity="error" title={what}>
      <p>{error.message}</p>
      <Button variant="secondary" size="sm" onClick={retry}>
        {t('parts.retry', 'Try again')}
      </Button>
    </Alert>
  );
}

export function Empty({ title, children }: { title: string; children: ReactNode }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.empty} role="status">
      <h2>{title}</h2>
      <p>{children}</p>
    </div>
  );
}

const pulse = keyframes({ '50%': { opacity: 0.45 } });

const getStyles = (theme: GrafanaTheme2) => ({
  line: css({
    background: theme.colors.background.secondary,
    borderRadius: theme.shape.radius.default,
    margin: theme.spacing(1, 0),
    '@media (prefers-reduced-motion: no-preference)': { animation: `${pulse} 1.6s ease-in-out infinite` },
  }),
  empty: css({
    padding: theme.spacing(6, 2),
    textAlign: 'center',
    color: theme.colors.text.secondary,
    h2: { color: theme.colors.text.primary, fontSize: theme.typography.h4.fontSize },
  }),
});
