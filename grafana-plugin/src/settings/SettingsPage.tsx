/** What an administrator sets: where the daemon is, the secret it shares with us, and where traces are. Tested at once. */
import type { AppPluginMeta, PluginConfigPageProps } from '@grafana/data';
import { DataSourcePicker, getBackendSrv } from '@grafana/runtime';
import { Alert, Button, Field, FieldSet, Input, SecretInput } from '@grafana/ui';
import { useState } from 'react';
import { lastValueFrom } from 'rxjs';
import { get } from '../api/client';
import { t } from '../parts/i18n';
import { pluginId } from '../routes';
import type { Settings } from './settings';

const example = 'http://countersign:3310';

type Tested = { readonly is: 'good' } | { readonly is: 'bad'; readonly message: string } | null;

export default function SettingsPage({ plugin: { meta } }: PluginConfigPageProps<AppPluginMeta<Settings>>) {
  const { jsonData, enabled = false, pinned = false, secureJsonFields } = meta;
  const [daemonUrl, setDaemonUrl] = useState(jsonData?.daemonUrl ?? '');
  const [tracesUid, setTracesUid] = useState(jsonData?.tracesUid ?? '');
  const [secret, setSecret] = useState('');
  const [hasSecret, setHasSecret] = useState(secureJsonFields?.['secret'] === true);
  const [tested, setTested] = useState<Tested>(null);
  const [isSaving, setSaving] = useState(false);
  const isUrl = /^https?:\/\//.test(daemonUrl) && URL.canParse(daemonUrl);
  const isSaved = daemonUrl === (jsonData?.daemonUrl ?? '') && secret === '';

  const save = async () => {
    setSaving(true);
    try {
      await lastValueFrom(
        getBackendSrv().fetch({
          url: `/api/plugins/${pluginId}/settings`,
          method: 'POST',
          // Grafana replaces what is there: what we do not know of has to be sent along.
          data: {
            enabled: true,
            pinned: enabled ? pinned : true,
            jsonData: { ...jsonData, daemonUrl: daemonUrl.replace(/\/+$/, ''), tracesUid },
            ...(secret === '' ? {} : { secureJsonData: { secret } }),
          },
        }),
      );
      await test();
      // Grafana hands settings out with the page.
      if (!enabled) window.location.reload();
    } catch (error) {
      setTested({ is: 'bad', message: messageOf(error) });
    } finally {
      setSaving(false);
    }
  };
  const test = async () => {
    try {
      await get('v1/reviews/queue', { limit: 1 });
      setTested({ is: 'good' });
    } catch (error) {
      setTested({ is: 'bad', message: messageOf(error) });
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
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
            isConfigured={hasSecret}
            value={secret}
            onChange={(event) => setSecret(event.currentTarget.value)}
            onReset={() => setHasSecret(false)}
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
            current={tracesUid === '' ? null : tracesUid}
            tracing
            noDefault
            onChange={({ uid }) => setTracesUid(uid)}
            onClear={() => setTracesUid('')}
          />
        </Field>
      </FieldSet>
      {tested !== null &&
        (tested.is === 'good' ? (
          <Alert severity="success" title={t('settings.good', 'The daemon answers, and knows who you are')} />
        ) : (
          <Alert severity="error" title={t('settings.bad', 'The connection does not work')}>
            {tested.message}
          </Alert>
        ))}
      <Button type="submit" disabled={!isUrl || (!hasSecret && secret === '')} aria-busy={isSaving}>
        {t('settings.save', 'Save and test')}
      </Button>{' '}
      <Button variant="secondary" disabled={!isSaved} onClick={() => void test()}>
        {t('settings.test', 'Test what is saved')}
      </Button>
    </form>
  );
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : t('settings.failed', 'Grafana did not take it.');
