/** What an administrator sets: where the daemon is, the secret it shares with us, and where traces are. Tested at once. */
import type { AppPluginMeta, PluginConfigPageProps } from '@grafana/data';
import { DataSourcePicker } from '@grafana/runtime';
import { Alert, Button, Field, FieldSet, Input, SecretInput } from '@grafana/ui';
import { useState } from 'react';
import { t } from '../parts/i18n';
import { save, savedIn, test, type Outcome } from './connection';
import type { Settings } from './settings';

const example = 'http://countersign:3310';

export default function SettingsPage({ plugin: { meta } }: PluginConfigPageProps<AppPluginMeta<Settings>>) {
  // Grafana hands settings out with the page: what is saved here is newer.
  const [saved, setSaved] = useState(() => savedIn(meta));
  const [daemonUrl, setDaemonUrl] = useState(saved.jsonData.daemonUrl ?? '');
  const [tracesUid, setTracesUid] = useState(saved.jsonData.tracesUid ?? '');
  const [secret, setSecret] = useState('');
  const [keepsSecret, setKeepsSecret] = useState(saved.hasSecret);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isUrl = /^https?:\/\//.test(daemonUrl) && URL.canParse(daemonUrl);
  const isSaved = saved.hasSecret && secret === '' && daemonUrl === saved.jsonData.daemonUrl;

  const whileBusy = async (act: () => Promise<Outcome>) => {
    setBusy(true);
    setOutcome(null);
    setOutcome(await act());
    setBusy(false);
  };
  const saveAndTest = async () => {
    const url = daemonUrl.replace(/\/+$/, '');
    // Grafana replaces what is there: what we do not know of has to be sent along.
    const jsonData = { ...saved.jsonData, daemonUrl: url, tracesUid };
    const pinned = !saved.enabled || saved.pinned;
    const failed = await save(jsonData, pinned, secret);
    if (failed !== null) return failed;
    setSaved({ enabled: true, pinned, jsonData, hasSecret: true });
    setDaemonUrl(url);
    setSecret('');
    setKeepsSecret(true);
    return test();
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void whileBusy(saveAndTest);
      }}
    >
      <FieldSet label={t('settings.connection', 'Connection to the daemon')}>
        <Field
          label={t('settings.url', 'Address')}
          description={t('settings.url-help', 'As Grafana’s server reaches it, not the browser.')}
          invalid={daemonUrl !== '' && !isUrl}
          error={t('settings.url-wrong', 'This is no URL. Write it as {{example}}', { example })}
        >
          <Input
            id="settings-url"
            width={60}
            value={daemonUrl}
            placeholder={example}
            onChange={(event) => setDaemonUrl(event.currentTarget.value)}
          />
        </Field>
        <Field
          label={t('settings.secret', 'Shared secret')}
          description={t(
            'settings.secret-help',
            'The daemon has it as COUNTERSIGN_PLUGIN_SECRET. Grafana keeps it encrypted.',
          )}
        >
          <SecretInput
            id="settings-secret"
            width={60}
            isConfigured={keepsSecret}
            value={secret}
            onChange={(event) => setSecret(event.currentTarget.value)}
            onReset={() => setKeepsSecret(false)}
          />
        </Field>
      </FieldSet>
      <FieldSet label={t('settings.traces', 'Traces')}>
        <Field
          label={t('settings.traces-source', 'Data source')}
          description={t(
            'settings.traces-help',
            'Where the spans of decisions are, for a link from each case to its trace.',
          )}
        >
          <DataSourcePicker
            inputId="settings-traces"
            width={60}
            placeholder={t('settings.traces-none', 'None')}
            current={tracesUid === '' ? null : tracesUid}
            tracing
            noDefault
            onChange={({ uid }) => setTracesUid(uid)}
            onClear={() => setTracesUid('')}
          />
        </Field>
      </FieldSet>
      {outcome !== null && <Said outcome={outcome} isNew={meta.enabled !== true} />}
      <Button type="submit" disabled={!isUrl || (!keepsSecret && secret === '')} aria-busy={isBusy}>
        {t('settings.save', 'Save and test')}
      </Button>{' '}
      <Button variant="secondary" disabled={!isSaved} aria-busy={isBusy} onClick={() => void whileBusy(test)}>
        {t('settings.test', 'Test what is saved')}
      </Button>
    </form>
  );
}

/** `isNew`: the page was loaded without the app, so that Grafana's menu does not have it. */
function Said({ outcome, isNew }: { readonly outcome: Outcome; readonly isNew: boolean }) {
  switch (outcome.is) {
    case 'good':
      return (
        <Alert severity="success" title={t('settings.good', 'The daemon answers, and knows who you are')}>
          {isNew && (
            <>
              <p>{t('settings.reload-help', 'Countersign is in the menu when the page is loaded again.')}</p>
              <Button variant="secondary" size="sm" onClick={() => window.location.reload()}>
                {t('settings.reload', 'Reload')}
              </Button>
            </>
          )}
        </Alert>
      );
    case 'unsaved':
      return (
        <Alert severity="error" title={t('settings.unsaved', 'The settings were not saved')}>
          {outcome.message}
        </Alert>
      );
    case 'unconnected':
      return (
        <Alert severity="error" title={t('settings.bad', 'The connection does not work')}>
          <p>{outcome.message}</p>
          {t('settings.bad-help', 'Your settings are saved. Correct them here and save again.')}
        </Alert>
      );
  }
}
