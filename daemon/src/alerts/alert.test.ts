import { expect, it } from 'vitest';
import { moveOf } from './alert.ts';

it('opens, climbs, does not step down, and ends', () => {
  expect(moveOf(null, 'info')).toEqual({ is: 'open', tier: 'info' });
  expect(moveOf('info', 'incident')).toEqual({ is: 'raise', tier: 'incident', from: 'info' });
  expect(moveOf('incident', 'info')).toEqual({ is: 'none', reason: 'open at incident' });
  expect(moveOf('incident', null)).toEqual({ is: 'resolve', from: 'incident' });
  expect(moveOf(null, null)).toEqual({ is: 'none', reason: 'clear' });
});
