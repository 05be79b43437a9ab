/** A language for tests, made of marked English: what a page says without marks comes neither from a catalogue nor from data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import { repository } from './test-loop.ts';

interface Catalogue {
  readonly [key: string]: string | Catalogue;
}
const marked = (texts: Catalogue): Catalogue =>
  Object.fromEntries(Object.entries(texts).map(([k, v]) => [k, typeof v === 'string' ? `⟦${v}⟧` : marked(v)]));

const markedTexts = (path: string) =>
  marked(JSON.parse(readFileSync(join(repository, 'grafana-plugin/src', path), 'utf8')) as Catalogue);

/** By the plugin whose they are. */
const translations: ReadonlyMap<string, Catalogue> = new Map([
  ['countersign-decisions-app', markedTexts('locales/en-US/countersign-decisions-app.json')],
  ['countersign-queue-panel', markedTexts('panel/locales/en-US/countersign-queue-panel.json')],
]);
const language = 'de-DE';

interface Translated {
  readonly id: string;
  readonly translations: Record<string, string>;
}

/**
 * Has each plugin said in that language on this page. What comes back finds what a person reads or hears of an element that
 * no translation and no answer of the daemon has.
 */
export async function speakMarked(page: Page): Promise<(within: Locator) => Promise<string[]>> {
  await page.route('**/api/host', async (route) => {
    const response = await route.fetch();
    const view = (await response.json()) as { language: string; plugin: Translated; panel: Translated };
    view.language = language;
    for (const { id, translations: files } of [view.plugin, view.panel]) {
      files[language] = `public/plugins/${id}/locales/${language}/${id}.json`;
    }
    await route.fulfill({ response, json: view });
  });
  for (const [id, json] of translations) {
    await page.route(`**/public/plugins/${id}/locales/${language}/${id}.json`, (route) => route.fulfill({ json }));
  }
  const data = new Set<string>();
  // The page may show an answer before it is read here.
  const answers = new Set<Promise<void>>();
  page.on('response', (response) => {
    if (!response.url().includes('/api/plugin-proxy/')) return;
    const read = response.json().then(
      (answer) => collect(answer, data),
      () => undefined,
    );
    answers.add(read);
    void read.finally(() => answers.delete(read));
  });
  return async (within) => {
    await Promise.race([Promise.all(answers), setTimeout(5_000)]);
    return await unmarked(within, data);
  };
}

/** Strings of the daemon's answers: names, titles, labels, and what it says itself. */
function collect(answer: unknown, into: Set<string>): void {
  if (typeof answer === 'string') into.add(answer).add(answer.replaceAll('_', ' '));
  if (typeof answer !== 'object' || answer === null) return;
  for (const [name, value] of Object.entries(answer)) {
    into.add(name);
    collect(value, into);
  }
}

/** What Grafana's own components say, in Grafana from its own catalogue. */
const ofGrafana = [
  'Close',
  'Clear value',
  'open menu',
  'Reset',
  'Data source picker select container',
  'Select a data source',
];

async function unmarked(within: Locator, data: ReadonlySet<string>): Promise<string[]> {
  const found = await within.evaluate((root) => {
    // A phrase may have elements, and other phrases, within.
    let depth = 0;
    const outside: string[] = [];
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { nodeValue, parentElement } = texts.currentNode;
      let text = '';
      for (const letter of nodeValue ?? '') {
        if (letter === '⟦') depth += 1;
        if (depth === 0) text += letter;
        if (letter === '⟧') depth -= 1;
      }
      // A record as it was recorded, times as the browser writes them, and what the person has typed.
      if (parentElement?.closest('pre, time, textarea') === null) outside.push(text);
    }
    const attributes = [root, ...root.querySelectorAll('*')].flatMap((element) =>
      ['aria-label', 'title', 'placeholder', 'alt'].map((name) => element.getAttribute(name) ?? ''),
    );
    return [...outside, ...attributes.filter((text) => !text.includes('⟦'))];
  });
  const known = [...data, ...ofGrafana].filter((text) => text !== '').toSorted((a, b) => b.length - a.length);
  // An address is the same in every language.
  const said = found.filter((text) => !/^https?:\/\//.test(text));
  const rest = said.map((text) => known.reduce((left, one) => left.replaceAll(wholeWords(one), ''), text));
  // The beginning of a hash or an id says nothing in any language.
  const words = rest.map((text) => text.replaceAll(/\b[0-9a-f]{8,12}\b/g, ''));
  return [...new Set(words)].filter((text) => /\p{L}{2}/u.test(text));
}

const wholeWords = (text: string) =>
  new RegExp(`(?<!\\p{L})${text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?!\\p{L})`, 'gu');
