import { expect, it } from 'vitest';
import { afterKey, type Marked } from './use-brush';

const press = (marked: Marked | null, key: string, shiftKey = false) => afterKey(marked, { key, shiftKey }, 10);

it('goes along the bars, and takes more with Shift', () => {
  expect(press(null, 'ArrowRight')).toEqual({ anchor: 0, head: 0 });
  expect(press(null, 'ArrowLeft')).toEqual({ anchor: 9, head: 9 });
  expect(press({ anchor: 3, head: 3 }, 'ArrowRight', true)).toEqual({ anchor: 3, head: 4 });
  expect(press({ anchor: 3, head: 4 }, 'ArrowRight')).toEqual({ anchor: 5, head: 5 });
  expect(press({ anchor: 3, head: 0 }, 'ArrowLeft', true)).toEqual({ anchor: 3, head: 0 });
  expect(press({ anchor: 3, head: 3 }, 'End', true)).toEqual({ anchor: 3, head: 9 });
  expect(press({ anchor: 3, head: 3 }, 'Home')).toEqual({ anchor: 0, head: 0 });
});

it('takes what is marked, lets it go, and leaves other keys alone', () => {
  expect(press({ anchor: 3, head: 5 }, 'Enter')).toBe('take');
  expect(press({ anchor: 3, head: 5 }, 'Escape')).toBeNull();
  expect([press(null, 'Enter'), press(null, 'Escape'), press(null, 'Tab')]).toEqual([undefined, undefined, undefined]);
  expect(afterKey(null, { key: 'ArrowRight', shiftKey: false }, 0)).toBeUndefined();
});
