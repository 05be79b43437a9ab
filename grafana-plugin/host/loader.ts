/** Loads the built app as Grafana does: SystemJS, AMD, and Grafana's own copies of the shared libraries. */
// Loads AMD plugin bundles with SystemJS, sharing this page's libraries, as Grafana does.
import 'systemjs/dist/system.js';
import 'systemjs/dist/extras/amd.js';
import 'systemjs/dist/extras/named-register.js';
import * as emotionCss from '@emotion/css';
import * as emotionReact from '@emotion/react';
import * as grafanaData from '@grafana/data';
import { DEFAULT_LANGUAGE, initPluginTranslations } from '@grafana/i18n';
import * as grafanaRuntime from '@grafana/runtime';
import * as grafanaUi from '@grafana/ui';
import i18next from 'i18next';
import lodash from 'lodash';
import moment from 'moment';
import React from 'react';
import ReactDOM from 'react-dom';
import * as jsxDevRuntime from 'react/jsx-dev-runtime';
import * as jsxRuntime from 'react/jsx-runtime';
import * as reactRouterDom from 'react-router-dom';
import * as rxjs from 'rxjs';
import { HostPluginPage } from './PluginPage.tsx';

/** A CommonJS library: the AMD module is the library itself. */
const whole = (library: unknown): System.Module => ({ default: library, __useDefault: true });

const shared: Record<string, System.Module> = {
  '@emotion/css': emotionCss,
  '@emotion/react': emotionReact,
  '@grafana/data': grafanaData,
  '@grafana/runtime': { ...grafanaRuntime, PluginPage: HostPluginPage },
  '@grafana/ui': grafanaUi,
  i18next: whole(i18next),
  lodash: whole(lodash),
  moment: whole(moment),
  react: whole(React),
  'react-dom': whole(ReactDOM),
  'react-router': reactRouterDom, // Grafana gives react-router-dom-v5-compat, which is the same names
  'react/jsx-dev-runtime': jsxDevRuntime,
  'react/jsx-runtime': jsxRuntime,
  rxjs,
};

const imports: Record<string, string> = {};
for (const [name, module] of Object.entries(shared)) {
  imports[name] = `package:${name}`;
  System.set(`package:${name}`, module);
}
System.addImportMap({ imports });

export async function loadAppPlugin(meta: grafanaData.AppPluginMeta): Promise<grafanaData.AppPlugin> {
  await initPluginTranslations('grafana'); // for @grafana/ui: a plugin has its own
  await i18next.changeLanguage(grafanaRuntime.config.bootData.user.language);
  await loadTranslations(meta);
  const { plugin } = await System.import<{ plugin: grafanaData.AppPlugin }>(`/${meta.module}`);
  plugin.init(meta);
  plugin.meta = meta;
  return plugin;
}

/** A panel that comes with the app: a plugin of its own, from a folder inside the app's. */
export async function loadPanelPlugin(meta: grafanaData.PluginMeta): Promise<grafanaData.PanelPlugin> {
  await loadTranslations(meta);
  const { plugin } = await System.import<{ plugin: grafanaData.PanelPlugin }>(`/${meta.module}`);
  return plugin;
}

/** As Grafana 13: the file of the person's language, before the plugin; never the English one, whose texts are in the code. */
async function loadTranslations({ id, translations = {} }: grafanaData.PluginMeta): Promise<void> {
  const { language } = grafanaRuntime.config.bootData.user;
  const file = translations[language];
  if (language === DEFAULT_LANGUAGE || file === undefined) return;
  const texts: unknown = await (await fetch(`/${file}`)).json();
  i18next.addResourceBundle(language, id, texts);
}
