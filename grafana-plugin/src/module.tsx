/** The entry that Grafana loads: small, everything else comes when a page is opened. */
import { AppPlugin } from '@grafana/data';
import { LoadingPlaceholder } from '@grafana/ui';
import { lazy, Suspense } from 'react';

const App = lazy(() => import(/* webpackChunkName: "app" */ './App'));

const Root = () => (
  <Suspense fallback={<LoadingPlaceholder text="Loading Countersign" />}>
    <App />
  </Suspense>
);

export const plugin = new AppPlugin<object>().setRootPage(Root);
