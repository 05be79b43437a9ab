import { expect, it } from 'vitest';
import { misleads } from './read-mail';

it.each([
  ['www.bank.example', 'https://evil.example/login', true],
  ['www.bank.example', 'http://185.1.2.3/', true],
  ['bank.example', '//evil.example', true],
  ['bank.example', '  https://evil.example', true],
  ['bank.example', 'https:\\\\evil.example', true],
  ['https://bank.example/login', 'https://bank.example.evil.example/login', true],
  ['bank.example', 'https://bank.example@evil.example/', true],
  ['bank.example', 'javascript:alert(1)', true],
  ['bücher.example', 'https://xn--bcher-kva.example/', false],
  ['bаnk.example', 'https://bank.example/', true],
  ['www.bank.example/help', 'https://bank.example/help', false],
  ['bank.example', 'https://login.bank.example/', false],
  ['bank.example', '/help', false],
  ['here', 'https://evil.example', false],
  ['Version 2.10', 'https://evil.example', false],
])('of "%s" that leads to %s it says %s', (text, target, says) => {
  expect(misleads(text, target)).toBe(says);
});
