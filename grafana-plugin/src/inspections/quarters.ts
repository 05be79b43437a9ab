/** The time that a periodic audit is about: the quarter before this one, unless somebody wants another. In UTC. */
import type { Inspection } from '@countersign/contract';

/** As fields of time have it: no zone, and milliseconds only where there are any. */
export const utcField = (at: string): string => new Date(at).toISOString().replace(/(\.000)?Z$/, '');

export interface Quarter {
  /** "2026 Q3" */
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export function lastQuarter(now: Date): Quarter {
  const first = Math.floor(now.getUTCMonth() / 3) * 3;
  const [from, to] = [first - 3, first].map((month) => new Date(Date.UTC(now.getUTCFullYear(), month, 1)));
  if (from === undefined || to === undefined) throw new Error('a quarter has two ends');
  const name = `${from.getUTCFullYear()} Q${from.getUTCMonth() / 3 + 1}`;
  return { name, from: utcField(from.toISOString()), to: utcField(to.toISOString()) };
}

/** Whether an audit of a workflow that takes in the whole quarter, with decisions of each risk that there was, is signed off. */
export const isCovered = (workflow: string, { from, to }: Quarter, inspections: readonly Inspection[]): boolean =>
  inspections.some(
    (one) =>
      one.workflow_id === workflow &&
      one.signed_off !== null &&
      one.drawn.every(({ sample, of }) => of === 0 || sample > 0) &&
      Date.parse(one.from) <= Date.parse(`${from}Z`) &&
      Date.parse(one.to) >= Date.parse(`${to}Z`),
  );
