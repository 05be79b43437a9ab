import { expect, it } from 'vitest';
import { changesBetween } from './changes';

it('names each field that differs, however deep, and no other', () => {
  const before = { label: 'spam', value: { amount: 5, lines: [1, 2] }, scores: { spam: 0.9 } };
  const after = { label: 'ham', value: { amount: 5, lines: [1, 3], note: 'x' } };
  expect(changesBetween(before, after)).toEqual([
    { field: 'label', was: '"spam"', is: '"ham"' },
    { field: 'value.lines', was: '[1,2]', is: '[1,3]' },
    { field: 'value.note', was: '', is: '"x"' },
  ]);
  expect(changesBetween(before, before)).toEqual([]);
  expect(changesBetween({ value: { amount: 5, fee: 2 } }, { value: { amount: 5 } })).toEqual([
    { field: 'value.fee', was: '2', is: '' },
  ]);
});
