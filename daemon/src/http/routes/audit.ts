/** The audit trail: search, one record with its proof, the input it was about. */
import {
  ApiError,
  AuditPage,
  AuditProof,
  DecisionAction,
  type AuditRecord,
  Sha256,
  UuidV7,
} from '@countersign/contract';
import Type from 'typebox';
import type { Ledger } from '../../ledger/index.ts';
import { apiError, type Server } from '../server.ts';

const Search = Type.Object({
  workflow: Type.Optional(Type.String({ maxLength: 63 })),
  task: Type.Optional(Type.String({ maxLength: 200 })),
  actor: Type.Optional(Type.Enum(['ai', 'human', 'service', 'daemon'])),
  action: Type.Optional(DecisionAction),
  type: Type.Optional(Type.String({ maxLength: 100 })),
  before: Type.Optional(Type.Integer({ minimum: 0 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
});
const errors = { 400: ApiError, 403: ApiError, 404: ApiError };

export interface AuditRoom {
  readonly ledger: Ledger;
  readonly readSnapshot: (hash: string) => Promise<Buffer | null>;
  readonly namesOf: (records: readonly AuditRecord[]) => Promise<Record<string, string>>;
}

export function auditRoutes(app: Server, { ledger, readSnapshot, namesOf }: AuditRoom): void {
  app.get(
    '/v1/audit/records',
    {
      config: { grant: 'audit' },
      schema: { summary: 'Audit records, newest first', querystring: Search, response: { ...errors, 200: AuditPage } },
    },
    async ({ query: { workflow, task, actor, limit, ...rest } }) => {
      const page = await ledger.search({ workflowId: workflow, taskId: task, actorType: actor, ...rest }, limit ?? 50);
      return { ...page, people: await namesOf(page.records) };
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
      (await ledger.prove(params.event_id)) ??
      reply.code(404).send(apiError('not_found', `there is no event ${params.event_id}`)),
  );

  app.get(
    '/v1/snapshots/:hash',
    {
      config: { grant: 'read' },
      schema: { summary: 'The input under a hash, byte for byte', params: Type.Object({ hash: Sha256 }) },
    },
    async ({ params }, reply) => {
      const content = await readSnapshot(params.hash);
      if (content === null) {
        return reply.code(404).send(apiError('not_found', 'This input was not sent along, or has not arrived yet.'));
      }
      // Never shown by a browser as what it might be.
      return reply
        .header('content-security-policy', 'sandbox')
        .header('x-content-type-options', 'nosniff')
        .type('application/octet-stream')
        .send(content);
    },
  );

  app.get(
    '/checkpoint',
    { schema: { summary: 'The newest signed checkpoint (C2SP tlog-checkpoint)' } },
    async (_request, reply) => {
      const checkpoint = await ledger.newestCheckpoint();
      if (checkpoint === null) return reply.code(404).send(apiError('not_found', 'Nothing is recorded yet.'));
      return reply.type('text/plain; charset=utf-8').send(checkpoint.note);
    },
  );
}
