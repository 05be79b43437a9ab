import { expect, it } from 'vitest';
import { oncePerSecond } from './once-per-second.ts';

it('says the first at once, then one a second, with how many it kept back', () => {
  let now = 0;
  const said: [string, number][] = [];
  const say = oncePerSecond<string>(
    (text, more) => said.push([text, more]),
    () => now,
  );
  say('a');
  for (now = 1; now < 1_000; now++) say('b');
  now = 1_000;
  say('c');
  expect(said).toEqual([
    ['a', 0],
    ['c', 999],
  ]);
});
