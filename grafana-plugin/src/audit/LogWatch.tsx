/** Says whether the log is still the one that this browser has seen before, and remembers what it sees now. */
import { Alert, Button, Icon, useTheme2 } from '@grafana/ui';
import { t, Trans } from '../parts/i18n';
import { pinOf, replacePin } from './pin';
import { useLogWatch } from './use-log-watch';

export function LogWatch() {
  const theme = useTheme2();
  const watch = useLogWatch();
  const { check, growth } = watch.data ?? {};
  if (check?.is === 'rewritten') {
    return (
      <Alert severity="error" title={t('audit.log.rewritten', 'The log is not the one that this browser has seen')}>
        <Trans i18nKey="audit.log.rewritten-help">
          Records that were in it have been changed or taken away. Keep this page open, export what you can, and tell
          whoever runs the audit. What this browser has seen is kept.
        </Trans>
      </Alert>
    );
  }
  if (check?.is === 'damaged') {
    return (
      <Alert severity="error" title={t('audit.log.damaged', 'The head of the log is not signed as it should be')}>
        <Trans i18nKey="audit.log.damaged-help">
          What came is no checkpoint of the key that it names. Tell whoever runs the audit. What this browser has seen
          is kept.
        </Trans>
      </Alert>
    );
  }
  if (watch.isError) {
    return (
      <Alert
        severity="warning"
        title={t('audit.log.unchecked', 'The log could not be compared with what was seen before')}
      >
        {watch.error.message}
      </Alert>
    );
  }
  if (check?.is === 'another_key') {
    return (
      <Alert severity="warning" title={t('audit.log.another-key', 'The log is signed by another key than before')}>
        <p>
          <Trans i18nKey="audit.log.another-key-help">
            The key before does not vouch for it, as it would have if it had not been lost. Compare it with what the
            operator says it is, then go on with it.
          </Trans>
        </p>
        <p>
          <code>{growth?.verifier_key}</code>
        </p>
        <Button
          size="sm"
          variant="secondary"
          onClick={() => {
            if (growth !== undefined) replacePin(pinOf(growth));
            void watch.refetch();
          }}
        >
          {t('audit.log.accept-key', 'It is the right key: go on')}
        </Button>
      </Alert>
    );
  }
  // In its place from the beginning: what is below does not jump.
  if (check === undefined)
    return <p>{t('audit.log.comparing', 'Comparing the log with what this browser has seen.')}</p>;
  return (
    <p data-testid="log-watch" style={{ color: theme.colors.text.secondary }}>
      <Icon name="check-circle" size="sm" />{' '}
      {check.is === 'succeeded'
        ? t(
            'audit.log.succeeded',
            'The log has only grown since this browser first saw it, and its key has followed the one before, which vouches for it: {{size}} records.',
            { size: check.size },
          )
        : check.is === 'grown'
          ? t('audit.log.grown', 'The log has only grown since this browser first saw it: {{size}} records.', {
              size: check.size,
            })
          : t('audit.log.first', 'This browser keeps the head of the log from now on: {{size}} records.', {
              size: check.size,
            })}
    </p>
  );
}
