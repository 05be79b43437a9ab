import { expect, it } from 'vitest';
import { loadTexts, t } from './i18n';
import { due, reasonText, span } from './words';

const hour = 3_600_000;

it('says English with no translation loaded, as Grafana 13 never loads the English one', () => {
  expect(reasonText('escalated')).toBe('A colleague escalated it');
  expect(span(20_000)).toBe('less than a minute');
  expect(span(2 * hour)).toBe('2 h');
  expect(span(2 * hour + 300_000)).toBe('2 h 5 min');
  expect(span(47.9 * hour)).toBe('47 h 54 min');
  expect(span(48 * hour)).toBe('2 days');
  const late = due('2026-01-01T00:00:00Z', Date.parse('2026-01-01T03:00:00Z'));
  expect([late.text, late.overdue]).toEqual(['overdue by 3 h', true]);
});

it('chooses the plural by number', () => {
  const cases = (count: number, lng = 'en-US') =>
    t('test.cases', '', { count, lng, defaultValue_one: '{{count}} case', defaultValue_other: '{{count}} cases' });
  expect([cases(0), cases(1), cases(2)]).toEqual(['0 cases', '1 case', '2 cases']);
  // A language with more forms than English, and no translation of this.
  expect([cases(1, 'pl-PL'), cases(2, 'pl-PL'), cases(5, 'pl-PL')]).toEqual(['1 case', '2 cases', '5 cases']);
});

it('leaves escaping to React', () => {
  expect(t('test.by', 'by {{name}}', { name: "R&D's <b>" })).toBe("by R&D's <b>");
});

it('says what the translation says, though this file was evaluated before', async () => {
  await loadTexts('test-app', [
    () => Promise.resolve({ words: { reason: { escalated: 'eskaliert' }, span: { days_other: '{{count}} Tage' } } }),
  ]);
  expect(reasonText('escalated')).toBe('eskaliert');
  expect(span(72 * hour)).toBe('3 Tage');
  expect(reasonText('shadow')).toBe('The model is on trial: it only advises');
});
