/** The review queue as a panel for any dashboard. Small at first; the rest comes when a dashboard shows it. */
import { PanelPlugin, type PanelProps } from '@grafana/data';
import { LoadingPlaceholder } from '@grafana/ui';
import { lazy, Suspense } from 'react';
import { loadTexts, t } from '../parts/i18n';
import { panelId, type PanelOptions } from './options';

/** Grafana has loaded the panel's own translation, if there is one, before this; its options are said in it too. */
const translated = loadTexts(panelId);

const QueuePanel = lazy(async () => {
  await translated;
  return import(/* webpackChunkName: "queue-panel" */ './QueuePanel');
});

const Panel = (props: PanelProps<PanelOptions>) => (
  <Suspense fallback={<LoadingPlaceholder text="" />}>
    <QueuePanel {...props} />
  </Suspense>
);

export const plugin = new PanelPlugin<PanelOptions>(Panel).setPanelOptions((options) =>
  options
    .addTextInput({
      path: 'workflow',
      name: t('panel.option.workflow', 'Workflow'),
      description: t('panel.option.workflow-help', 'Its id; all when left empty'),
      defaultValue: '',
    })
    .addBooleanSwitch({
      path: 'mine',
      name: t('panel.option.mine', 'Only the viewer’s own'),
      defaultValue: false,
    }),
);
