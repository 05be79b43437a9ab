/** The settings of an app, as Grafana keeps them: jsonData is replaced by what is sent, and no secret is ever handed out. */
export interface PluginSettings {
  readonly enabled: boolean;
  readonly pinned: boolean;
  readonly jsonData: Readonly<Record<string, unknown>>;
  readonly secureJsonData: Readonly<Record<string, string>>;
}

/** After `POST /api/plugins/:id/settings`: what is left out is emptied, but a secret stays until another is sent. */
export const replaced = (before: PluginSettings, sent: Partial<PluginSettings>): PluginSettings => ({
  enabled: sent.enabled ?? false,
  pinned: sent.pinned ?? false,
  jsonData: sent.jsonData ?? {},
  secureJsonData: { ...before.secureJsonData, ...sent.secureJsonData },
});

/** What anybody may see: of secrets, that they are there. */
export const shown = ({ secureJsonData, ...open }: PluginSettings) => ({
  ...open,
  secureJsonFields: Object.fromEntries(
    Object.entries(secureJsonData)
      .filter(([, secret]) => secret !== '')
      .map(([name]) => [name, true]),
  ),
});
