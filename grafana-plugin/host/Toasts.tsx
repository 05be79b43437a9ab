import { css } from '@emotion/css';
import { AppEvents, type EventBusSrv, type GrafanaTheme2 } from '@grafana/data';
import { Alert, useStyles2, type AlertVariant } from '@grafana/ui';
import { useEffect, useState } from 'react';

interface Toast {
  id: number;
  severity: AlertVariant;
  title: string;
  text?: string;
}

const kinds = [
  [AppEvents.alertSuccess, 'success', 3000],
  [AppEvents.alertInfo, 'info', 3000],
  [AppEvents.alertWarning, 'warning', 5000],
  [AppEvents.alertError, 'error', 7000],
] as const;

/** Grafana's alerts: whatever the plugin publishes on the app event bus. */
export function Toasts({ events }: { events: EventBusSrv }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const styles = useStyles2(getStyles);
  useEffect(() => {
    let next = 0;
    const undo = kinds.map(([event, severity, life]) => {
      const show = ([title, text]: [string, (string | Error)?, string?] = ['']) => {
        const id = next++;
        setToasts((all) => [...all, { id, severity, title, text: text instanceof Error ? text.message : text }]);
        setTimeout(() => setToasts((all) => all.filter((toast) => toast.id !== id)), life);
      };
      events.on<[string, (string | Error)?, string?]>(event.name, show);
      return () => events.off(event.name, show);
    });
    return () => undo.forEach((off) => off());
  }, [events]);
  return (
    <div className={styles.list} data-testid="toasts" aria-live="polite">
      {toasts.map(({ id, severity, title, text }) => (
        <Alert
          key={id}
          severity={severity}
          title={title}
          elevated
          onRemove={() => setToasts((all) => all.filter((toast) => toast.id !== id))}
        >
          {text}
        </Alert>
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({
    position: 'fixed',
    top: theme.spacing(1),
    right: theme.spacing(1),
    width: 400,
    maxWidth: '90vw',
    zIndex: theme.zIndex.portal,
  }),
});
