import { expect, it } from 'vitest';
import { moveOf } from './alert.ts';

const signal = (tier: 'info' | 'action_required' | 'incident' | null, conclusive = true) => ({ tier, conclusive });

it('opens, climbs, does not step down, and ends', () => {
  expect(moveOf(null, signal('info'))).toEqual({ is: 'open', tier: 'info' });
  expect(moveOf('info', signal('incident'))).toEqual({ is: 'raise', tier: 'incident', from: 'info' });
  expect(moveOf('incident', signal('info'))).toEqual({ is: 'none', reason: 'open at incident' });
  expect(moveOf('incident', signal(null))).toEqual({ is: 'resolve', from: 'incident' });
  expect(moveOf(null, signal(null))).toEqual({ is: 'none', reason: 'clear' });
});

it('takes too little data for neither good nor bad', () => {
  expect(moveOf('incident', signal(null, false))).toEqual({ is: 'none', reason: 'inconclusive' });
  expect(moveOf(null, signal(null, false))).toEqual({ is: 'none', reason: 'inconclusive' });
});
