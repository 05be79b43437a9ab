/** What came of a drill, for whoever ordered it. */
import type { Queryable } from '../database/index.ts';
import * as store from './store.ts';

export interface DrillState {
  readonly workflowId: string;
  readonly openedAt: Date;
  readonly isOver: boolean;
  readonly acknowledgedBy: string | null;
  readonly tiers: readonly {
    readonly name: string;
    /** Null when it was not come to. */
    readonly reached: boolean | null;
    readonly told: readonly { readonly channel: string; readonly ms: number | null; readonly problem: string | null }[];
  }[];
}

/** Throws when there is no such drill. */
export async function readDrill(db: Queryable, incidentId: string): Promise<DrillState> {
  const incident = await store.readIncident(db, incidentId);
  if (incident === null) throw new Error(`there is no drill ${incidentId}`);
  const reached = await store.reached(db, incidentId);
  return {
    workflowId: incident.workflow_id,
    openedAt: incident.opened_at,
    isOver: incident.state === 'closed',
    acknowledgedBy: incident.acknowledged_by,
    tiers: incident.chain.map(({ name }, i) => {
      const told = reached.filter(({ level }) => level === i + 1);
      const wasCome = incident.level > i;
      return { name, told, reached: wasCome ? told.some(({ ms }) => ms !== null) : null };
    }),
  };
}

/** As Markdown. */
export function drillReport(
  { workflowId, openedAt, acknowledgedBy, tiers }: DrillState,
  by: string,
  why: string,
): string {
  const rows = tiers.flatMap(({ name, told, reached }, i) => {
    if (reached === null) return [`| ${i + 1} | ${cell(name)} | | not come to |`];
    if (told.length === 0) return [`| ${i + 1} | ${cell(name)} | | it names no channel |`];
    return told.map(({ channel, ms, problem }) => {
      const result = ms === null ? `NOT REACHED: ${problem}` : `reached in ${(ms / 1_000).toFixed(1)} s`;
      return `| ${i + 1} | ${cell(name)} | ${cell(channel)} | ${cell(result)} |`;
    });
  });
  return [
    `# Drill of ${workflowId}, ${openedAt.toISOString()}`,
    '',
    `Ordered by ${by}: ${why}`,
    '',
    '| tier | name | channel | result |',
    '|---|---|---|---|',
    ...rows,
    '',
    acknowledgedBy === null ? 'Nobody acknowledged it.' : `Acknowledged by ${acknowledgedBy.split('#').at(-1)}.`,
    '',
  ].join('\n');
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
