/** `countersign drill`. */
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { readConfigured, readSecret } from '../config.ts';
import { openPool, type Pool } from '../database/index.ts';
import { drillReport, preflight, readChannels, readDrill, type DrillState } from '../escalation/index.ts';
import { giveOrder } from '../orders/index.ts';
import { durationOf, readPolicies } from '../policies/index.ts';
import { complain, parse, print, UsageError, type Command } from './command.ts';

const lookEveryMs = 250;

export const drill: Command = {
  summary: [
    ['drill', 'walk the escalation of a workflow for real, as an exercise, and report who was reached'],
    ['drill --preflight', 'say which tier has nobody who could be reached, telling nobody'],
  ],
  help: `countersign drill: walks the escalation of a workflow end to end, on the real path

Everybody in the chain is told, and told that it is a drill; nothing is paused or frozen. Whoever acknowledges it in the app
ends it. The daemon does it and puts what came of it on record; the report is written here. Exit code 1 when a tier had
nobody who was reached.

  --workflow NAME    the workflow
  --wait SPAN        how long each tier waits for an acknowledgement ("20 seconds")
  --why TEXT         why; it is on record and in every message
  --by NAME          who wants it (the login name)
  --report FILE      where the report goes (drill-WORKFLOW-TIME.md); - for none
  --log ID           the log (COUNTERSIGN_LOG_ID, or main)
  --preflight        tell nobody: check that each channel of each tier could be reached from here. It reads
                     COUNTERSIGN_POLICIES and COUNTERSIGN_CHANNELS as the daemon does

DATABASE_URL is a login with the role countersign_writer; --preflight needs none.
`,
  async run(args) {
    const { values, positionals } = parse(args, {
      workflow: { type: 'string' },
      wait: { type: 'string', default: '20 seconds' },
      why: { type: 'string' },
      by: { type: 'string' },
      report: { type: 'string' },
      log: { type: 'string' },
      preflight: { type: 'boolean' },
    });
    if (positionals.length > 0) throw new UsageError('drill takes options only');
    if (values.preflight === true) return checkChannels(values.workflow);
    const { workflow, why, wait } = values;
    if (workflow === undefined) throw new UsageError('--workflow is missing');
    if (why === undefined || why.trim() === '')
      throw new UsageError('--why is missing: everybody who is told reads it');
    assertSpan(wait);
    const logId = values.log ?? process.env['COUNTERSIGN_LOG_ID'] ?? 'main';
    const pool = openPool(readSecret('DATABASE_URL', process.env), 'countersign_writer', () => undefined);
    try {
      const by = (values.by ?? userInfo().username).slice(0, 200);
      const order = { what: 'start_drill' as const, workflow, wait, by, justification: why };
      const answer = await giveOrder(pool, logId, order, new Date());
      if (answer.is === 'refused') return complain(new Error(answer.message));
      const ended = await follow(pool, answer.incident_id ?? '');
      const text = drillReport(ended, by, why);
      print(`\n${text}`);
      if (values.report !== '-') {
        const file = values.report ?? `drill-${workflow}-${ended.openedAt.toISOString().replaceAll(/[:.]/g, '')}.md`;
        writeFileSync(file, text);
        print(`\nwritten to ${file}\n`);
      }
      const isWalked = ended.acknowledgedBy !== null || ended.tiers.every(({ reached }) => reached !== null);
      return isWalked && ended.tiers.every(({ reached }) => reached !== false) ? 0 : 1;
    } finally {
      await pool.end();
    }
  },
};

const longestWaitMs = 600_000;

function assertSpan(wait: string): void {
  try {
    if (durationOf(wait) > longestWaitMs) throw new Error('too long');
  } catch {
    throw new UsageError(`--wait is ${JSON.stringify(wait)}, want a span of at most 10 minutes such as "20 seconds"`);
  }
}

/** Says what happens as it happens, until the drill is over. */
async function follow(pool: Pool, incidentId: string): Promise<DrillState> {
  const said = new Set<string>();
  for (;;) {
    const state = await readDrill(pool, incidentId);
    for (const { name, told } of state.tiers) {
      for (const { channel, ms, problem } of told) {
        const line = ms === null ? `${channel}: ${problem}` : `${channel}: reached in ${(ms / 1_000).toFixed(1)} s`;
        if (said.has(`${name} ${line}`)) continue;
        said.add(`${name} ${line}`);
        print(`${name}: ${line}\n`);
      }
    }
    if (state.isOver) return state;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

async function checkChannels(only: string | undefined): Promise<number> {
  const { policies: directory, channels: file } = readConfigured(process.env);
  const policies = await readPolicies(directory);
  if (only !== undefined && !policies.has(only)) throw new UsageError(`there is no policy of ${only} in ${directory}`);
  const channels = readChannels(file, { env: process.env, now: () => new Date(), timeoutMs: 5_000 });
  const tiers = (await preflight(policies, channels)).filter(
    ({ workflow_id }) => (only ?? workflow_id) === workflow_id,
  );
  for (const { workflow_id, level, name, channels: checked, reachable } of tiers) {
    print(`${workflow_id}, tier ${level}, ${name}: ${reachable ? 'reachable' : 'NOBODY CAN BE REACHED'}\n`);
    for (const { channel, problem } of checked) print(`  ${channel}: ${problem ?? 'answers'}\n`);
    if (checked.length === 0) print('  it names no channel\n');
  }
  return tiers.every(({ reachable }) => reachable) ? 0 : 1;
}
