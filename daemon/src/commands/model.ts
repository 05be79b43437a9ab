/** `countersign model` and `countersign gate`: change control from CI. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { Autonomy, DeclareRequest, GateReports } from '@countersign/contract';
import { Compile } from 'typebox/compile';
import { readSecret } from '../config.ts';
import { openPool } from '../database/index.ts';
import { giveOrder } from '../orders/index.ts';
import { complain, parse, print, UsageError, type Command } from './command.ts';

const isAutonomy = Compile(Autonomy);
const reportsSchema = Compile(GateReports);
const declareSchema = Compile(DeclareRequest);

const options = {
  workflow: { type: 'string' },
  model: { type: 'string' },
  version: { type: 'string' },
  by: { type: 'string' },
  log: { type: 'string' },
} as const;

/** What both commands want to know. */
function scopeOf(values: { workflow?: string; model?: string; version?: string; by?: string; log?: string }) {
  const { workflow, model, version } = values;
  if (workflow === undefined || model === undefined || version === undefined) {
    throw new UsageError('--workflow, --model and --version are needed');
  }
  const by = (values.by ?? userInfo().username).slice(0, 200);
  return { workflow, model, version, by, logId: values.log ?? process.env['COUNTERSIGN_LOG_ID'] ?? 'main' };
}

async function ordered(logId: string, order: Parameters<typeof giveOrder>[2]) {
  const pool = openPool(readSecret('DATABASE_URL', process.env), 'countersign_writer', () => undefined);
  try {
    return await giveOrder(pool, logId, order, new Date());
  } finally {
    await pool.end();
  }
}

export const model: Command = {
  summary: [['model declare', 'declare a model version by its hash, so that it may come to have authority']],
  help: `countersign model declare: declares a model version by its hash

Under change control (change_control of the policy) a version that nobody has declared has no authority, and neither has one
whose hash is another. A declared version begins where the policy says, and gains more by promotion in the app.

  --workflow NAME    the workflow
  --model NAME       the model
  --version V        the version
  --hash HASH        sha256:… of the model, as the service sends it
  --author LOGIN     who made it, by Grafana login: that person does not sign it off
  --autonomy LEVEL   only of the first version of a model: shadow, approval, canary or automatic
  --why TEXT         why; it goes on record
  --by NAME          who says so (the login name)
  --log ID           the log (COUNTERSIGN_LOG_ID, or main)

DATABASE_URL is a login with the role countersign_writer.
`,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...options,
      hash: { type: 'string' },
      author: { type: 'string' },
      autonomy: { type: 'string' },
      why: { type: 'string' },
    });
    if (positionals.length !== 1 || positionals[0] !== 'declare') throw new UsageError('model wants "declare"');
    const { workflow, model: name, version, by, logId } = scopeOf(values);
    const { hash, author, autonomy, why } = values;
    if (hash === undefined || !/^sha256:[0-9a-f]{64}$/.test(hash)) {
      throw new UsageError(`--hash is ${JSON.stringify(hash)}, want sha256: and 64 hex digits`);
    }
    if (author === undefined || author === '') throw new UsageError('--author is missing');
    if (why === undefined || why.trim() === '') throw new UsageError('--why is missing: it goes on record');
    if (autonomy !== undefined && !isAutonomy.Check(autonomy)) {
      throw new UsageError(`--autonomy is ${JSON.stringify(autonomy)}, want shadow, approval, canary or automatic`);
    }
    const request: DeclareRequest = {
      workflow_id: workflow,
      model: { name, version, hash },
      author,
      ...(autonomy === undefined ? {} : { autonomy }),
      justification: why,
    };
    const [problem] = declareSchema.Errors(request);
    if (problem !== undefined) throw new UsageError(`${problem.instancePath.slice(1)} ${problem.message}`);
    const answer = await ordered(logId, { what: 'declare_model', request, by });
    return answer.is === 'done' ? print(`${answer.message}\n`) : complain(new Error(answer.message));
  },
};

export const gate: Command = {
  summary: [['gate', 'ask whether a model version may come to a level of autonomy; exit code 1 when it may not']],
  help: `countersign gate: asks the gates of a policy whether a model version may come to a level of autonomy

The daemon compares what its monitors say of the version, and the reports given here, with the policy's gates, and puts the
answer on record; a promotion takes one that is not older than 30 days. Exit code 1 when a gate does not let it pass.

  --workflow NAME    the workflow
  --model NAME       the model
  --version V        the version
  --to LEVEL         approval, canary or automatic
  --report FILE      JSON, each report with its numbers: {"bias": {"max_gap": 0.03}, "degradation": {"loss": 0.01}}
  --by NAME          who asks (the login name)
  --log ID           the log (COUNTERSIGN_LOG_ID, or main)

DATABASE_URL is a login with the role countersign_writer.
`,
  async run(args) {
    const { values, positionals } = parse(args, { ...options, to: { type: 'string' }, report: { type: 'string' } });
    if (positionals.length > 0) throw new UsageError('gate takes options only');
    const { workflow, model: name, version, by, logId } = scopeOf(values);
    const { to } = values;
    if (!isAutonomy.Check(to) || to === 'shadow') {
      throw new UsageError(`--to is ${JSON.stringify(to)}, want approval, canary or automatic`);
    }
    const reports = values.report === undefined ? {} : reportsFrom(values.report);
    const answer = await ordered(logId, { what: 'check_gates', workflow, model: name, version, to, reports, by });
    if (answer.is === 'refused') return complain(new Error(answer.message));
    const results = answer.results ?? [];
    for (const { passed, reason } of results) print(`${passed ? 'passes' : 'FAILS '}  ${reason}\n`);
    if (results.length === 0) print(`the policy has no gate for ${to}\n`);
    return results.every(({ passed }) => passed) ? 0 : 1;
  },
};

function reportsFrom(path: string): GateReports {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read as JSON: ${String(error)}`, { cause: error });
  }
  if (reportsSchema.Check(value)) return value;
  const [problem] = reportsSchema.Errors(value);
  throw new Error(`${path}${(problem?.instancePath ?? '').replaceAll('/', '.')}: ${problem?.message}. See --help.`);
}
