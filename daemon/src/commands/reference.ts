/** `countersign reference`. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { eventTypes, type Reference } from '@countersign/contract';
import { readSecret } from '../config.ts';
import { openPool, type Pool } from '../database/index.ts';
import { LedgerReader } from '../ledger/index.ts';
import { addDecision, buildReference, readReferenceRows, startBuilder } from '../monitors/index.ts';
import { giveOrder } from '../orders/index.ts';
import { complain, parse, print, UsageError, type Command } from './command.ts';

export const reference: Command = {
  summary: [
    ['reference import FILE', 'compare a model with a file, such as its validation set'],
    ['reference take', 'compare a model with what it decided in a stated time'],
  ],
  help: `countersign reference: says what a model's inputs and answers are compared with, from here on

Without it they are compared with the model's first decisions. A reference is frozen and goes on record; the daemon that
owns the log does it.

countersign reference import FILE   JSON lines, each {"features": {…}, "output": {"label": "…"}, "confidence": 0.9}
countersign reference take          the decisions of a stated time: --from TIME --to TIME (2026-11-01T12:00:00Z)

  --workflow NAME    the workflow
  --model NAME       the model
  --version V        of this version only; otherwise for every version that has none of its own
  --by NAME          who says so (the login name)
  --log ID           the log (COUNTERSIGN_LOG_ID, or main)

DATABASE_URL is a login with the role countersign_writer.
`,
  async run(args) {
    const { values, positionals } = parse(args, {
      workflow: { type: 'string' },
      model: { type: 'string' },
      version: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      by: { type: 'string' },
      log: { type: 'string' },
    });
    const [verb, file, ...more] = positionals;
    const { workflow, model, version = null, from, to } = values;
    if (workflow === undefined || model === undefined) throw new UsageError('--workflow and --model are needed');
    const isImport = verb === 'import' && file !== undefined && more.length === 0;
    const isTake = verb === 'take' && file === undefined;
    if (!isImport && !isTake) throw new UsageError('reference wants "import" with a file, or "take"');
    const logId = values.log ?? process.env['COUNTERSIGN_LOG_ID'] ?? 'main';
    const pool = openPool(readSecret('DATABASE_URL', process.env), 'countersign_writer', () => undefined);
    try {
      const taken = isImport
        ? importFrom(file)
        : await takeFrom(pool, logId, { workflow, model, version }, timeOf(from, 'from'), timeOf(to, 'to'));
      const by = (values.by ?? userInfo().username).slice(0, 200);
      const step = { workflow_id: workflow, model: { name: model, version }, reference: taken, by };
      const answer = await giveOrder(pool, logId, { what: 'set_reference', step }, new Date());
      if (answer.is === 'refused') return complain(new Error(answer.message));
      return print(`a reference of ${taken.decisions} decisions: ${answer.message}\n`);
    } finally {
      await pool.end();
    }
  },
};

function importFrom(file: string): Reference {
  const bytes = readFileSync(file);
  const rows = readReferenceRows(bytes.toString('utf8').split('\n'));
  if (rows.is === 'bad') throw new Error(`${file}: ${rows.problem}`);
  const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return buildReference(rows.builder, { is: 'import', file: basename(file).slice(0, 200), hash });
}

interface Which {
  readonly workflow: string;
  readonly model: string;
  readonly version: string | null;
}

const readAtOnce = 1_000;
const fewest = 100;

/** From the decisions that happened in [from, to). */
async function takeFrom(pool: Pool, logId: string, which: Which, from: string, to: string): Promise<Reference> {
  const log = await LedgerReader.open(pool, logId);
  const builder = startBuilder();
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  for (let next = await log.firstKept(); ;) {
    const records = await log.readFrom(next, readAtOnce);
    const last = records.at(-1);
    if (last === undefined) break;
    next = last.index + 1;
    for (const { event } of records) {
      if (event.type !== eventTypes.aiDecision || event.data.workflow_id !== which.workflow) continue;
      const { name, version } = event.data.model;
      const at = Date.parse(event.time);
      const isOne = name === which.model && (which.version === null || version === which.version);
      if (isOne && at >= fromMs && at < toMs) addDecision(builder, event.data);
    }
  }
  if (builder.decisions < fewest) {
    throw new Error(
      `${which.model} made ${builder.decisions} decisions in that time; a reference wants at least ${fewest}.`,
    );
  }
  return buildReference(builder, { is: 'range', from, to });
}

function timeOf(text: string | undefined, option: string): string {
  const at = Date.parse(text ?? '');
  if (text === undefined || Number.isNaN(at)) {
    throw new UsageError(`--${option} is ${text === undefined ? 'missing' : `"${text}"`}, want 2026-11-01T12:00:00Z`);
  }
  return new Date(at).toISOString();
}
