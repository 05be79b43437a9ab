/** `countersign erase`. */
import { userInfo } from 'node:os';
import { readSecret } from '../config.ts';
import { openPool } from '../database/index.ts';
import { LedgerReader } from '../ledger/index.ts';
import { giveOrder } from '../orders/index.ts';
import { complain, parse, print, UsageError, type Command } from './command.ts';

export const erase: Command = {
  summary: [['erase', 'destroy the input of a decision, with a record of who and why']],
  help: `countersign erase: destroys the input of a decision for good, with a record of who wanted it and why

The daemon that owns the log carries it out: the key of the input is destroyed and its contents are deleted. The decision's
record stays and still verifies, for it has only a salted hash of the input.

  --input HASH     the input, as sha256:… or hmac-sha256:… in the decision's record
  --event ID       instead: the event id of the AI decision
  --by NAME        who wants it (the login name)
  --why TEXT       why; it is on record for ever, so it must not name whom it is about
  --log ID         the log (COUNTERSIGN_LOG_ID, or main)

DATABASE_URL is a login with the role countersign_writer. Backups of the database from before still hold the key.
`,
  async run(args) {
    const { values, positionals } = parse(args, {
      input: { type: 'string' },
      event: { type: 'string' },
      by: { type: 'string' },
      why: { type: 'string' },
      log: { type: 'string' },
    });
    if (positionals.length > 0) throw new UsageError('erase takes options only');
    if ((values.input === undefined) === (values.event === undefined)) throw new UsageError('give --input or --event');
    if (values.why === undefined || values.why.trim() === '')
      throw new UsageError('--why is missing: it goes on record');
    if (values.input !== undefined && !/^(?:hmac-)?sha256:[0-9a-f]{64}$/.test(values.input)) {
      throw new UsageError(`--input is "${values.input}", want sha256: or hmac-sha256: and 64 hex digits`);
    }
    const logId = values.log ?? process.env['COUNTERSIGN_LOG_ID'] ?? 'main';
    const pool = openPool(readSecret('DATABASE_URL', process.env), 'countersign_writer', () => undefined);
    try {
      const input = values.input ?? (await inputOf(await LedgerReader.open(pool, logId), values.event ?? ''));
      const by = (values.by ?? userInfo().username).slice(0, 200);
      const order = { what: 'erase_input' as const, input, by, justification: values.why };
      const answer = await giveOrder(pool, logId, order, new Date());
      return answer.is === 'done' ? print(`${answer.message}\n`) : complain(new Error(answer.message));
    } finally {
      await pool.end();
    }
  },
};

async function inputOf(log: LedgerReader, eventId: string): Promise<string> {
  const record = /^[0-9a-f-]{36}$/.test(eventId) ? await log.readEvent(eventId) : null;
  if (record?.event.type !== 'countersign.decision.ai.v1')
    throw new Error(`there is no AI decision with event id ${eventId}`);
  return record.event.data.input_snapshot.hash;
}
