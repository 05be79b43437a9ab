import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { catalogue, plugins, textsIn } from './texts.ts';

it.each(plugins)(
  'has the texts of $id in one file; after a change: npm run texts -w grafana-plugin',
  ({ entry, file }) => {
    expect(readFileSync(file, 'utf8')).toBe(catalogue(entry));
  },
);

it('gives each plugin the texts that it says, and no others', () => {
  const [app, panel] = plugins.map(({ entry }) => JSON.parse(catalogue(entry)) as Record<string, object>);
  expect(Object.keys(panel ?? {}).toSorted()).toEqual(['api', 'panel', 'parts', 'words']);
  expect(Object.keys(panel?.['words'] ?? {}).toSorted()).toEqual(['due', 'overdue', 'reason', 'risk', 'span']);
  expect(Object.keys(app ?? {})).toContain('review');
  expect(Object.keys(app ?? {})).not.toContain('panel');
});

it('reads calls, plurals and phrases with elements', () => {
  const code = `
    const a = () => t('a', "It's {{n}}", { n });
    const b = (count: number) => t('b', '', { count, defaultValue_one: '{{count}} day', defaultValue_other: '{{count}} days' });
    const c = <p><Trans i18nKey="c" values={{ n }}>
      <strong>{'{{n}}'}</strong> of
      them
    </Trans></p>;
    const d = <Trans i18nKey="d">Press <kbd className={key}>?</kbd> for <strong>help</strong>.</Trans>;`;
  expect(textsIn(code)).toEqual([
    ['a', "It's {{n}}"],
    ['b_one', '{{count}} day'],
    ['b_other', '{{count}} days'],
    ['c', '<strong>{{n}}</strong> of them'],
    ['d', 'Press <1>?</1> for <strong>help</strong>.'],
  ]);
});

it('refuses what cannot be read off the source', () => {
  expect(() => textsIn('t(`a.${b}`, "x")')).toThrow('the key of t() is not a plain text');
  expect(() => textsIn('t("a", b)')).toThrow('a is not a plain text');
  expect(() => textsIn('<Trans i18nKey="a">of {n}</Trans>')).toThrow('a is not a plain text');
});
