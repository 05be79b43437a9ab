/** Loading, empty and failed: each says what to do next, and keeps the place of what is to come. */
import { css, keyframes } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, useStyles2 } from '@grafana/ui';
import type { UseQueryResult } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { CallError } from '../api/client';
import { t } from './i18n';
import { useNow } from './use-now';
import { ago } from './words';

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

interface NotYetProps {
  readonly query: Pick<UseQueryResult, 'error' | 'errorUpdateCount' | 'isFetching' | 'refetch'>;
  /** What it means that it failed. */
  readonly what: string;
  /** Shown as long as nothing has failed. */
  readonly children: ReactNode;
}

/** In place of what a query has not answered so far. What failed stays on screen while it is tried again, with whoever has the focus there. */
export function NotYet({ query, what, children }: NotYetProps) {
  const { error, errorUpdateCount, isFetching, refetch } = query;
  const [last, setLast] = useState<Error | null>(null);
  if (error !== null && error !== last) setLast(error);
  // What has never failed is another question than before.
  if (error === null && (last === null || errorUpdateCount === 0)) return children;
  const shown = error ?? last;
  // What was asked for is wrong, or is not there, or is not for this person: to ask again changes nothing.
  const isRefusal = shown instanceof CallError && [400, 404, 409].includes(shown.status);
  return (
    <Alert severity="error" title={what}>
      <p>{shown?.message}</p>
      {!isRefusal && (
        <Button variant="secondary" size="sm" aria-busy={isFetching} onClick={() => isFetching || void refetch()}>
          {isFetching ? t('parts.retrying', 'Trying again …') : t('parts.retry', 'Try again')}
        </Button>
      )}
    </Alert>
  );
}

/** Beside what was read and cannot be read anew: it may not be so any more. */
export function Stale({ query }: { query: Pick<UseQueryResult, 'isRefetchError' | 'dataUpdatedAt' | 'error'> }) {
  const now = useNow(10_000);
  if (!query.isRefetchError) return null;
  const since = ago(new Date(query.dataUpdatedAt).toISOString(), now);
  return (
    <Alert
      severity="warning"
      title={t('parts.stale', 'What you see was read {{since}}, and cannot be read anew', { since })}
    >
      {t('parts.stale-next', 'It is tried again by itself. A claim may have ended meanwhile; what you type is kept.')}
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
