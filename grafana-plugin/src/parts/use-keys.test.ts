import { expect, it } from 'vitest';
import { keyName } from './use-keys';

it.each([
  ['a letter', { key: 'a', code: 'KeyA', shiftKey: false }, 'a'],
  ['a letter with Caps Lock on', { key: 'A', code: 'KeyA', shiftKey: false }, 'a'],
  ['a letter with Shift held, which is none of ours', { key: 'A', code: 'KeyA', shiftKey: true }, 'A'],
  ['one with Shift and Caps Lock', { key: 'a', code: 'KeyA', shiftKey: true }, 'A'],
  ['a letter where it is elsewhere: AZERTY', { key: 'a', code: 'KeyQ', shiftKey: false }, 'a'],
  ['a Cyrillic letter', { key: 'ф', code: 'KeyA', shiftKey: false }, 'a'],
  ['a Greek capital by Caps Lock', { key: 'Α', code: 'KeyA', shiftKey: false }, 'a'],
  ['a mark', { key: '?', code: 'Minus', shiftKey: true }, '?'],
  ['a digit', { key: '1', code: 'Digit1', shiftKey: false }, '1'],
  ['a key with a name', { key: 'Enter', code: 'Enter', shiftKey: false }, 'Enter'],
  ['a letter that no Latin key has', { key: 'ж', code: 'Semicolon', shiftKey: false }, 'ж'],
])('knows %s', (_, pressed, name) => {
  expect(keyName(pressed)).toBe(name);
});
