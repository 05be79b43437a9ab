/** The audit trail: search, one record with its proof, the input it was about. */
import { Readable } from 'node:stream';
import {
  ApiError,
  AuditHistogram,
  AuditPage,
  AuditProof,
  DecisionAction,
  LogGrowth,
  RiskTier,
  InputHash,
  Sha256,
  UtcInstant,
  type AuditRecord,
  UuidV7,
} from '@countersign/contract';
import Type, { type Static } from 'typebox';
import { exportRecords, type AuditFilter, type LedgerReader, type SearchIndex } from '../../ledger/index.ts';
import type { Snapshot } from '../../snapshots/index.ts';
import { sendSnapshot } from './snapshot.ts';
import { apiError, type Server } from '../server.ts';

const text = (maxLength: number, description: string) => Type.Optional(Type.String({ maxLength, description }));
/** Every field of the audit record; conditions are joined by "and". */
const Filter = {
  event_id: Type.Optional(UuidV7),
  type: text(100, 'CloudEvents type, as countersign.decision.human.v1'),
  workflow: text(63, 'Workflow id'),
  task: text(200, 'Task id'),
  model_version: text(200, 'Of the decision, or of the one it is about'),
  model_hash: Type.Optional(Sha256),
  input: Type.Optional(InputHash),
  label: text(500, 'What was decided, or found to be true'),
  actor: Type.Optional(Type.Enum(['ai', 'human', 'service', 'daemon'])),
  actor_id: text(500, 'Who decided'),
  action: Type.Optional(DecisionAction),
  risk_tier: Type.Optional(RiskTier),
  signed: Type.Optional(Type.Boolean({ description: 'Has a signature of its own, as human decisions do' })),
  leaf_hash: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  text: text(500, 'Words of the justification, all of them'),
  from: Type.Optional(UtcInstant),
  to: Type.Optional(UtcInstant),
};
const Filters = Type.Object(Filter);
export const Search = Type.Object({
  ...Filter,
  before: Type.Optional(Type.Integer({ minimum: 0 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
});

/** What is wrong with the times of a filter: the pattern lets the 31st of February pass. */
export function wrongTime({ from, to }: { from?: string | undefined; to?: string | undefined }): string | null {
  for (const [name, at] of Object.entries({ from, to })) {
    if (at === undefined) continue;
    const ms = Date.parse(at);
    // The 31st of February is the 3rd of March to some, and no day to PostgreSQL.
    const isDay = !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === at.slice(0, 10);
    if (!isDay) return `${name} is "${at}", which is no time.`;
  }
  return null;
}

export const filterOf = ({ workflow, task, input, actor, ...rest }: Static<typeof Filters>): AuditFilter => ({
  ...rest,
  workflow_id: workflow,
  task_id: task,
  input_hash: input,
  actor_type: actor,
});
const Export = Type.Object({ ...Filter, format: Type.Optional(Type.Enum(['jsonl', 'csv'])) });
const errors = { 400: ApiError, 403: ApiError, 404: ApiError };

export interface AuditRoom {
  readonly log: LedgerReader;
  readonly search: SearchIndex;
  readonly readSnapshot: (hash: string) => Promise<Snapshot>;
  readonly now: () => Date;
  readonly namesOf: (records: readonly AuditRecord[]) => Promise<Record<string, string>>;
}

export function auditRoutes(app: Server, { log, search, readSnapshot, now, namesOf }: AuditRoom): void {
  app.get(
    '/v1/audit/records',
    {
      config: { grant: 'audit' },
      schema: { summary: 'Audit records, newest first', querystring: Search, response: { ...errors, 200: AuditPage } },
    },
    async ({ query: { before = null, limit = 50, ...query } }, reply) => {
      const wrong = wrongTime(query);
      if (wrong !== null) return reply.code(400).send(apiError('bad_request', wrong));
      const page = log.page(await search.search(filterOf(query), before, limit));
      return { ...page, people: await namesOf(page.records) };
    },
  );

  app.get(
    '/v1/audit/histogram',
    {
      config: { grant: 'audit' },
      schema: {
        summary: 'How many records fit, over time',
        querystring: Type.Object({ ...Filter, bins: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })) }),
        response: { ...errors, 200: AuditHistogram },
      },
    },
    async ({ query: { bins = 60, ...query } }, reply) => {
      const wrong = wrongTime(query);
      if (wrong !== null) return reply.code(400).send(apiError('bad_request', wrong));
      const found = await search.histogram(filterOf(query), bins);
      if (found === null) return reply.code(404).send(apiError('not_found', 'There are no records in this time.'));
      const at = (seconds: number) => new Date(seconds * 1_000).toISOString();
      return { from: at(found.from), to: at(found.to + 1), counts: [...found.counts], exact: found.exact };
    },
  );

  app.get(
    '/v1/audit/growth',
    {
      config: { grant: 'audit' },
      schema: {
        summary: 'The newest checkpoint, and the proof that the log has only grown since it had so many records',
        querystring: Type.Object({
          from: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
          /** Until it had so many; all that the checkpoint covers when left out. */
          to: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
        }),
        response: { ...errors, 200: LogGrowth },
      },
    },
    async ({ query: { from, to } }, reply) =>
      (await log.growth(from, to)) ??
      reply
        .code(404)
        .send(
          apiError(
            'not_found',
            to !== undefined && from > to
              ? `A log does not grow from ${from} records to ${to}: give the smaller number as "from".`
              : `No checkpoint covers ${Math.max(from, to ?? 0)} records: the log is shorter.`,
          ),
        ),
  );

  app.get(
    '/v1/audit/export',
    {
      config: { grant: 'audit' },
      schema: {
        summary: 'Records with their proofs as JSON Lines or CSV; `countersign verify FILE` checks it',
        querystring: Export,
      },
    },
    async ({ query: { format = 'jsonl', ...query } }, reply) => {
      const wrong = wrongTime(query);
      if (wrong !== null) return reply.code(400).send(apiError('bad_request', wrong));
      const lines = await exportRecords(log, search, { filter: filterOf(query), format, now: now() });
      if (lines === null) return reply.code(404).send(apiError('not_found', 'No checkpoint covers any record yet.'));
      const day = now().toISOString().slice(0, 10);
      return reply
        .header('content-disposition', `attachment; filename="countersign-${day}.${format}"`)
        .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl')
        .send(Readable.from(lines, { objectMode: false }));
    },
  );

  app.get(
    '/v1/audit/records/:event_id',
    {
      config: { grant: 'audit' },
      schema: {
        summary: 'One record with its inclusion proof',
        params: Type.Object({ event_id: UuidV7 }),
        response: { ...errors, 200: AuditProof },
      },
    },
    async ({ params }, reply) =>
      (await log.prove(params.event_id)) ??
      reply.code(404).send(apiError('not_found', `there is no event ${params.event_id}`)),
  );

  app.get(
    '/v1/audit/snapshots/:hash',
    {
      config: { grant: 'audit' },
      schema: { summary: 'The input under a hash, byte for byte', params: Type.Object({ hash: InputHash }) },
    },
    async ({ params }, reply) => sendSnapshot(reply, await readSnapshot(params.hash)),
  );
}
