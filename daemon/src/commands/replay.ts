/** `countersign replay`. */
import { readFileSync } from 'node:fs';
import { readSecret } from '../config.ts';
import { openPool } from '../database/index.ts';
import { LedgerReader } from '../ledger/index.ts';
import { replay as fold, type Replayed } from '../monitors/index.ts';
import { checkPolicy, formatProblem, type Policies } from '../policies/index.ts';
import { parse, UsageError, type Command } from './command.ts';

export const replay: Command = {
  summary: [['replay', 'fold the ledger again: the same signals as were recorded, or what another policy would give']],
  help: `countersign replay: folds the ledger again, and prints the signals that moved, one line of JSON each

Without --policy the lines are compared with what was recorded; they are the same, byte for byte, or it says where not.

  --from TIME        signals that records from this time on have moved (2026-11-01, or 2026-11-01T12:00:00Z)
  --to TIME          and before this time
  --workflow NAME    of this workflow only
  --policy FILE      what this policy would have given, instead of those that were in force; again for more
  --log ID           the log (COUNTERSIGN_LOG_ID, or main)

DATABASE_URL is a login with the role countersign_reader. Exit codes: 0 all is as it was recorded, or a policy was tried;
1 something is not; 2 the call is wrong.
`,
  async run(args) {
    const { values, positionals } = parse(args, {
      from: { type: 'string' },
      to: { type: 'string' },
      workflow: { type: 'string' },
      policy: { type: 'string', multiple: true },
      log: { type: 'string' },
    });
    if (positionals.length > 0) throw new UsageError('replay takes options only');
    const [fromMs, toMs] = [timeFrom(values.from, 'from', 0), timeFrom(values.to, 'to', Number.POSITIVE_INFINITY)];
    const tried = policiesFrom(values.policy ?? []);
    const logId = values.log ?? process.env['COUNTERSIGN_LOG_ID'] ?? 'main';
    const pool = openPool(readSecret('DATABASE_URL', process.env), 'countersign_reader', () => undefined);
    try {
      const log = await LedgerReader.open(pool, logId);
      const workflow = values.workflow ?? null;
      const replayed = await fold({ log, fromMs, toMs, workflow, tried, onProgress: showProgress });
      return report(replayed, tried);
    } finally {
      await pool.end();
    }
  },
};

function report({ folded, recorded, firstKept }: Replayed, tried: Policies): number {
  process.stdout.write(folded.map(({ text }) => `${text}\n`).join(''));
  if (firstKept > 0) say(`retention has dropped the records before ${firstKept}; monitors begin there.`);
  if (tried.size > 0) {
    say(`${folded.length} signals would have moved under the given policies.`);
    return 0;
  }
  const wanted = new Set(recorded.map(({ text }) => text));
  const made = new Set(folded.map(({ text }) => text));
  const missing = recorded.filter(({ text }) => !made.has(text));
  const added = folded.filter(({ text }) => !wanted.has(text));
  for (const { text } of missing) say(`was recorded, and does not come of the ledger: ${text}`);
  for (const { text } of added) say(`comes of the ledger, and was not recorded: ${text}`);
  const all = `${folded.length} signals moved`;
  if (missing.length + added.length > 0) say(`${all}; ${missing.length + added.length} differ from what was recorded.`);
  else say(`${all}, all as they were recorded.`);
  return missing.length + added.length > 0 ? 1 : 0;
}

function timeFrom(text: string | undefined, option: string, otherwise: number): number {
  if (text === undefined) return otherwise;
  const at = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new UsageError(`--${option} is "${text}", want 2026-11-01 or 2026-11-01T12:00:00Z`);
  return at;
}

function policiesFrom(files: readonly string[]): Policies {
  const policies = new Map<string, { policy: PolicyOf; hash: string; text: string }>();
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const check = checkPolicy(text);
    if (check.is === 'bad') throw new Error(check.problems.map((problem) => formatProblem(file, problem)).join('\n'));
    policies.set(check.policy.workflow, { policy: check.policy, hash: check.hash, text });
  }
  return policies;
}

type PolicyOf = Extract<ReturnType<typeof checkPolicy>, { is: 'good' }>['policy'];

const say = (text: string) => process.stderr.write(`${text}\n`);

let shownAt = 0;
function showProgress(records: number, of: number): void {
  if (!process.stderr.isTTY || (performance.now() - shownAt < 200 && records < of)) return;
  shownAt = performance.now();
  process.stderr.write(
    `\r${records.toLocaleString('en')} of ${of.toLocaleString('en')} records${records >= of ? '\n' : ''}`,
  );
}
