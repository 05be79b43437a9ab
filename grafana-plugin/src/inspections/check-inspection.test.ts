import type { CountersignEvent, InspectionStep, OpenInspection } from '@countersign/contract';
import { sha256 } from '@countersign/contract/merkle';
import { hex } from '@countersign/contract/note';
import { describe, expect, it } from 'vitest';
import { differences, type OnRecord } from './check-inspection';

const about = {
  workflow_id: 'mail',
  inspection_id: 'i',
  title: 'Q3',
  from: '2026-07-01T00:00:00.000Z',
  to: '2026-10-01T00:00:00.000Z',
};
const hashOf = (note: string) => `sha256:${hex(sha256(new TextEncoder().encode(note)))}`;
const step = (index: number, data: Partial<InspectionStep>) => ({
  index,
  event: {
    type: 'countersign.inspection.v1',
    time: '2026-10-02T00:00:00.000Z',
    data: { ...about, sample: [], by: 'user:3', reason: '1 of 5 of low risk, 1 of 2 of high risk', ...data },
  } as unknown as CountersignEvent,
});
const on: OnRecord = {
  announced: step(10, { step: 'announced' }),
  drawn: step(11, { step: 'drawn', seed: 'ab', announced: 10, log_size: 10, sample: [3, 7] }),
  signedOff: step(20, {
    step: 'signed_off',
    seed: 'ab',
    sample: [3, 7],
    reason: 'one is wanting',
    found: [
      { log_index: 3, finding: 'good', by: 'user:3', note_hash: hashOf('') },
      { log_index: 7, finding: 'wanting', by: 'user:4', note_hash: hashOf('nobody looked') },
    ],
  }),
};
const person = (id: string) => ({ id, name: id });
const shown = {
  inspection: {
    ...about,
    seed: 'ab',
    announced: 10,
    log_size: 10,
    drawn_by: person('user:3'),
    drawn_at: '2026-10-02T00:00:00.000Z',
    drawn: [
      { risk_tier: 'low', sample: 1, of: 5 },
      { risk_tier: 'high', sample: 1, of: 2 },
    ],
    signed_off: { by: person('user:3'), at: '2026-10-02T00:00:00.000Z', statement: 'one is wanting' },
  },
  decisions: [
    { risk_tier: 'high', log_index: 7, finding: 'wanting', note: 'nobody looked', found_by: person('user:4') },
    { risk_tier: 'low', log_index: 3, finding: 'good', note: '', found_by: person('user:3') },
  ],
  asker: 'user:3',
} as unknown as OpenInspection;
const change = (inspection: object, decisions: unknown = shown.decisions) =>
  ({ ...shown, inspection: { ...shown.inspection, ...inspection }, decisions }) as OpenInspection;
const [wanting, good] = shown.decisions;

describe('a periodic audit', () => {
  it('is shown as it is on record, before and after it is signed off', () => {
    expect(differences(shown, on)).toEqual([]);
    const open = change({ signed_off: null }, [{ ...wanting, finding: null, found_by: null }, good]);
    expect(differences(open, { ...on, signedOff: null })).toEqual([]);
    // One whose seed a person has named was not announced.
    const named = {
      ...on,
      announced: null,
      drawn: step(11, { step: 'drawn', seed: 'dice', log_size: 11, sample: [3, 7] }),
    };
    expect(differences(change({ announced: null, seed: 'dice', log_size: 11 }), named)).toEqual([]);
  });

  it.each<[string, OpenInspection, Partial<OnRecord>, string[]]>([
    ['another seed', change({ seed: 'ac' }), {}, ['seed']],
    ['another title', change({ title: 'Q4' }), {}, ['what']],
    ['another time', change({ to: '2026-11-01T00:00:00.000Z' }), {}, ['what']],
    ['another sample', change({}, [wanting]), {}, ['sample', 'findings']],
    ['another finding', change({}, [{ ...wanting, finding: 'good' }, good]), {}, ['findings']],
    ['another note', change({}, [{ ...wanting, note: 'fine' }, good]), {}, ['findings']],
    ['another finder', change({}, [{ ...wanting, found_by: person('user:3') }, good]), {}, ['findings']],
    [
      'another statement',
      change({ signed_off: { ...shown.inspection.signed_off, statement: 'good' } }),
      {},
      ['sign-off'],
    ],
    ['another who drew it', change({ drawn_by: person('user:9') }), {}, ['who']],
    ['another time of drawing', change({ drawn_at: '2026-10-03T00:00:00.000Z' }), {}, ['who']],
    ['other numbers', change({ drawn: [{ risk_tier: 'low', sample: 2, of: 2 }] }), {}, ['sample']],
    ['another risk', change({}, [{ ...wanting, risk_tier: 'low' }, good]), {}, ['sample']],
    ['a sign-off that is not on record', shown, { signedOff: null }, ['sign-off']],
    ['no sign-off', change({ signed_off: null }), {}, ['sign-off']],
    ['another place of its announcement', change({ announced: 9 }), {}, ['announcement', 'seed']],
    ['no announcement', shown, { announced: null }, ['announcement']],
    ['the record of something else', shown, { announced: step(10, { step: 'drawn' }) }, ['what', 'announcement']],
    ['the record of another audit', shown, { drawn: step(11, { inspection_id: 'j' }) }, ['what']],
  ])('is not, with %s', (_what, opened, recorded, which) => {
    expect(differences(opened, { ...on, ...recorded })).toEqual(which);
  });
});
