/** The entry that Grafana loads: small, everything else comes when a page is opened. */
import { AppPlugin, type AppPluginMeta, type PluginConfigPageProps } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { LoadingPlaceholder } from '@grafana/ui';
import { lazy, Suspense } from 'react';
import { pluginId } from './routes';
import type { Settings as SettingsData } from './settings/settings';

/** Not before its words: Grafana has loaded the translation, if there is one, and this says where it is. */
const App = lazy(async () => {
  await initPluginTranslations(pluginId);
  return import(/* webpackChunkName: "app" */ './App');
});

const SettingsPage = lazy(async () => {
  await initPluginTranslations(pluginId);
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
  title: 'Settings',
  icon: 'cog',
  id: 'settings',
  body: Settings,
});
