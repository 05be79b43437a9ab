/** Whether what is shown of a periodic audit is what is on record of it: of the proven records, field by field. Pure. */
import type { CountersignEvent, InspectionStep, OpenInspection } from '@countersign/contract';
import { eventTypes } from '@countersign/contract/event-types';
import { sha256 } from '@countersign/contract/merkle';
import { hex } from '@countersign/contract/note';
import { isEqual } from 'lodash';

/** What is on record, proven; null where nothing is. */
export interface OnRecord {
  readonly announced: ProvenStep | null;
  readonly drawn: ProvenStep | null;
  readonly signedOff: ProvenStep | null;
}

export interface ProvenStep {
  readonly event: CountersignEvent;
  readonly index: number;
}

/** What of it is shown as it is not on record. */
export type Difference = 'announcement' | 'what' | 'who' | 'seed' | 'sample' | 'findings' | 'sign-off';

export function differences({ inspection, decisions }: OpenInspection, on: OnRecord): Difference[] {
  const { announced, seed, log_size, signed_off } = inspection;
  const found: Difference[] = [];
  const steps = {
    announced: stepOf(on.announced, 'announced'),
    drawn: stepOf(on.drawn, 'drawn'),
    signedOff: stepOf(on.signedOff, 'signed_off'),
  };
  for (const [name, step] of Object.entries(steps)) {
    const isThere = on[name as keyof OnRecord] !== null;
    if (isThere && (step === null || !isOf(step, inspection))) found.push('what');
  }
  if (announced !== null) {
    const isBefore = on.announced?.index === announced && steps.announced !== null && (announced ?? 0) >= log_size;
    if (!isBefore) found.push('announcement');
  }
  if (steps.drawn !== null) {
    const { sample, ...drawn } = steps.drawn;
    const isWho = drawn.by === inspection.drawn_by.id && on.drawn?.event.time === inspection.drawn_at;
    if (!isWho) found.push('who');
    if (drawn.reason !== drawnInWords(inspection) || !isCounted(inspection, decisions)) found.push('sample');
    if (drawn.seed !== seed || drawn.log_size !== log_size || (drawn.announced ?? null) !== announced)
      found.push('seed');
    if (!isEqual(inOrder(sample), inOrder(decisions.map((d) => d.log_index)))) found.push('sample');
  }
  if (steps.signedOff !== null) {
    const { found: findings = [], reason, by } = steps.signedOff;
    const isSo = signed_off?.statement === reason && signed_off.by.id === by;
    if (!isSo || on.signedOff?.event.time !== signed_off.at) found.push('sign-off');
    const shown = decisions.map(({ log_index, finding, found_by, note }) => ({
      log_index,
      finding,
      by: found_by?.id,
      note_hash: `sha256:${hex(sha256(new TextEncoder().encode(note)))}`,
    }));
    if (!isEqual(byIndex(shown), byIndex(findings))) found.push('findings');
  }
  if (on.drawn !== null && signed_off !== null && steps.signedOff === null) found.push('sign-off');
  return [...new Set(found)];
}

/** As the daemon puts it on record. */
const drawnInWords = ({ drawn }: OpenInspection['inspection']): string =>
  drawn.map(({ sample, of, risk_tier }) => `${sample} of ${of} of ${risk_tier} risk`).join(', ');

const isCounted = ({ drawn }: OpenInspection['inspection'], decisions: OpenInspection['decisions']): boolean =>
  drawn.every(({ risk_tier, sample }) => decisions.filter((one) => one.risk_tier === risk_tier).length === sample);

function stepOf(proven: ProvenStep | null, step: InspectionStep['step']): InspectionStep | null {
  const event = proven?.event;
  return event?.type === eventTypes.inspection && event.data.step === step ? event.data : null;
}

const isOf = (step: InspectionStep, { inspection_id, workflow_id, title, from, to }: OpenInspection['inspection']) =>
  step.inspection_id === inspection_id &&
  step.workflow_id === workflow_id &&
  step.title === title &&
  Date.parse(step.from) === Date.parse(from) &&
  Date.parse(step.to) === Date.parse(to);

const inOrder = (indexes: readonly number[]) => indexes.toSorted((a, b) => a - b);
const byIndex = <T extends { readonly log_index: number }>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => a.log_index - b.log_index);
