/** The entry that Grafana loads: small, everything else comes when a page is opened. */
import { AppPlugin, type AppPluginMeta, type PluginConfigPageProps } from '@grafana/data';
import { LoadingPlaceholder } from '@grafana/ui';
import { lazy, Suspense } from 'react';
import { loadTexts, t } from './parts/i18n';
import { pluginId } from './routes';
import type { Settings as SettingsData } from './settings/settings';

/** Grafana has loaded the translation, if there is one, and this says where it is. No page is shown before its words. */
const translated = loadTexts(pluginId);

const App = lazy(async () => {
  await translated;
  return import(/* webpackChunkName: "app" */ './App');
});

const SettingsPage = lazy(async () => {
  await translated;
  return import(/* webpackChunkName: "settings" */ './settings/SettingsPage');
});

const Root = () => (
  <Suspense fallback={<LoadingPlaceholder text="" />}>
    <App />
  </Suspense>
);

const Settings = (props: PluginConfigPageProps<AppPluginMeta<SettingsData>>) => (
  <Suspense fallback={<LoadingPlaceholder text="" />}>
    <SettingsPage {...props} />
  </Suspense>
);

export const plugin = new AppPlugin<SettingsData>().setRootPage(Root).addConfigPage({
  // Read when it is shown: here nothing is translated yet.
  get title() {
    return t('settings.title', 'Settings');
  },
  icon: 'cog',
  id: 'settings',
  body: Settings,
});
