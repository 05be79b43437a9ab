/** What Grafana puts on the page before any of its libraries is evaluated. The user comes from the host's server. */
import type { BootData, GrafanaConfig, OrgRole } from '@grafana/data';
import i18next from 'i18next';
import type { Caller } from './proxy.ts';
import type { HostUser } from './users.ts';

declare global {
  interface Window {
    grafanaBootData?: BootData;
    __grafana_public_path__?: string;
    /** Set by the page itself, before this script. */
    countersignHost?: { user: Caller; users: HostUser[]; plugin: object; panel: object; language: string };
  }
}

const user = window.countersignHost?.user;
const theme = window.localStorage.getItem('host.theme') === 'light' ? 'light' : 'dark';
const settings: Partial<GrafanaConfig> = {
  appSubUrl: '',
  appUrl: `${window.location.origin}/`,
  featureToggles: {},
  namespace: 'default',
  apps: {},
  panels: {},
  datasources: {},
};
window.__grafana_public_path__ = '/public/';
window.grafanaBootData = {
  user: {
    isSignedIn: true,
    id: user?.id ?? 0,
    uid: `u${user?.id ?? 0}`,
    externalUserId: '',
    login: user?.login ?? '',
    email: `${user?.login ?? 'nobody'}@example.org`,
    name: user?.name ?? '',
    theme,
    lightTheme: theme === 'light',
    orgCount: 1,
    orgId: 1,
    orgName: 'Main Org.',
    orgRole: 'Viewer' as OrgRole,
    isGrafanaAdmin: false,
    gravatarUrl: '',
    timezone: 'browser',
    weekStart: '',
    regionalFormat: 'en-GB',
    language: window.countersignHost?.language ?? 'en-US',
    permissions: Object.fromEntries((user?.permissions ?? []).map((action) => [action, true])),
    analytics: { identifier: '' },
    authenticatedBy: '',
  },
  settings: settings as GrafanaConfig,
  navTree: [],
  assets: { light: '', dark: '' },
};
i18next.options.showSupportNotice = false;
