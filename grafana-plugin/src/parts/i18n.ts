/**
 * How the app says things: a key, the English text, and what is put into it. `Trans` where elements are within a phrase, `t`
 * everywhere else. The catalogue, locales/en-US, is made from both.
 */
import { initPluginTranslations, t as translate } from '@grafana/i18n';

export interface Values {
  readonly [name: string]: unknown;
  /** With `count`: the English plural, said too where a language has a third form and no translation. */
  readonly defaultValue_other?: string;
}

/** Looked up once: a page says hundreds of them each time it is drawn. Grafana loads anew for another language. */
const said = new Map<string, string>();

/** Of a plugin, in the language of whoever looks. What was said before is said anew. */
export async function loadTexts(...plugin: Parameters<typeof initPluginTranslations>): Promise<void> {
  await initPluginTranslations(...plugin);
  said.clear();
}

export function t(key: string, text: string, values?: Values): string {
  if (values !== undefined) return lookUp(key, text, values);
  const known = said.get(key) ?? lookUp(key, text, {});
  said.set(key, known);
  return known;
}

/** React escapes what it shows. i18next would do so a second time, and a name such as "R&D" would read "R&amp;D". */
const lookUp = (key: string, text: string, values: Values): string =>
  translate(key, values.defaultValue_other ?? text, { interpolation: { escapeValue: false }, ...values });

export { Trans } from '@grafana/i18n';
