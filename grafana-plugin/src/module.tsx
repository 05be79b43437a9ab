/** The entry that Grafana loads: small, everything else comes when a page is opened. */
import { AppPlugin } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { LoadingPlaceholder } from '@grafana/ui';
import { lazy, Suspense } from 'react';
import { pluginId } from './routes';

/** Not before its words: Grafana has loaded the translation, if there is one, and this says where it is. */
const App = lazy(async () => {
  await initPluginTranslations(pluginId);
  return import(/* webpackChunkName: "app" */ './App');
});

const Root = () => (
  <Suspense fallback={<LoadingPlaceholder text="" />}>
    <App />
  </Suspense>
);

export const plugin = new AppPlugin<object>().setRootPage(Root);
