/** What Grafana's libraries look for on the page before they are evaluated. */
import type { BootData } from '@grafana/data';

declare global {
  interface Window {
    grafanaBootData?: BootData;
    __grafana_public_path__?: string;
  }
}

window.__grafana_public_path__ = '/public/';
window.grafanaBootData = {
  user: { theme: 'dark', language: 'en-US', timezone: 'utc' },
  settings: { featureToggles: {}, appUrl: `${window.location.origin}/`, appSubUrl: '' },
  navTree: [],
  assets: { light: '', dark: '' },
} as unknown as BootData;
