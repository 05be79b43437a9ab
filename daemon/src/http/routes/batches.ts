/** Alike cases decided at once. */
import { ApiError, Batch, BatchDecided, DecideBatchRequest, PlanBatchRequest, Uuid } from '@countersign/contract';
import Type from 'typebox';
import type { Batches } from '../../reviews/index.ts';
import { apiError, type Server } from '../server.ts';
import { noCase, refuse } from './reviews.ts';

const Params = Type.Object({ batch_id: Uuid });
const errors = { 400: ApiError, 403: ApiError, 404: ApiError, 409: ApiError };

export function batchRoutes(app: Server, batches: Batches, onChange: () => void): void {
  app.post(
    '/v1/reviews/batches',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'Plan to decide cases at once that are like one',
        body: PlanBatchRequest,
        response: { ...errors, 200: Batch },
      },
    },
    async ({ body, person }, reply) => {
      const batch = await batches.plan(body.decision_id, person);
      if (batch === null) return reply.code(404).send(noCase(body.decision_id));
      return 'is' in batch ? refuse(reply, batch) : batch;
    },
  );

  app.get(
    '/v1/reviews/batches/:batch_id/opened',
    {
      config: { grant: 'read' },
      schema: {
        summary: 'Which cases of the sample have been opened',
        params: Params,
        response: { ...errors, 200: Type.Object({ opened: Type.Array(Uuid) }) },
      },
    },
    async ({ params, person }, reply) =>
      (await batches.opened(params.batch_id, person)) ?? reply.code(404).send(noBatch(params.batch_id)),
  );

  app.post(
    '/v1/reviews/batches/:batch_id/decide',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'Decide all cases of a batch, each with a record of its own',
        params: Params,
        body: DecideBatchRequest,
        response: { ...errors, 200: BatchDecided },
      },
    },
    async ({ params, body, person }, reply) => {
      const decided = await batches.decide(params.batch_id, person, body);
      if (decided === null) return reply.code(404).send(noBatch(params.batch_id));
      if ('is' in decided) return refuse(reply, decided);
      onChange();
      return decided;
    },
  );
}

const noBatch = (id: string) => apiError('not_found', `there is no batch ${id} of yours. Plan it anew.`);
