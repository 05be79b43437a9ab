/** The review queue and its cases. */
import { ApiError, Claim, DecideRequest, Decided, Queue, Uuid } from '@countersign/contract';
import Type from 'typebox';
import type { Refusal, Reviews } from '../../reviews/index.ts';
import { apiError, type Server } from '../server.ts';

const Params = Type.Object({ decision_id: Uuid });
const WorkflowQuery = Type.Object({ workflow: Type.Optional(Type.String({ maxLength: 63 })) });
const QueueQuery = Type.Object({
  workflow: Type.Optional(Type.String({ maxLength: 63 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
});
const Nothing = Type.Object({}, { additionalProperties: false });
const errors = { 400: ApiError, 403: ApiError, 404: ApiError, 409: ApiError };

export function reviewRoutes(app: Server, reviews: Reviews, onChange: () => void): void {
  app.get(
    '/v1/reviews/queue',
    {
      config: { grant: 'read' },
      schema: {
        summary: 'Cases that wait for a person, most urgent first',
        querystring: QueueQuery,
        response: { ...errors, 200: Queue },
      },
    },
    ({ query, person }) => reviews.queue(query.workflow ?? null, person, query.limit ?? 100),
  );

  app.post(
    '/v1/reviews/claim-next',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'Claim the most urgent case that nobody holds',
        querystring: WorkflowQuery,
        body: Nothing,
        response: { ...errors, 200: Claim },
      },
    },
    async ({ query, person }, reply) => {
      const claim = await reviews.claimNext(query.workflow ?? null, person);
      if (claim === null) return reply.code(404).send(apiError('not_found', 'No case waits. Well done.'));
      return 'is' in claim ? reply.code(statusOf(claim)).send(errorOf(claim)) : claim;
    },
  );

  app.post(
    '/v1/reviews/cases/:decision_id/claim',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'Claim a case, or renew the claim',
        params: Params,
        body: Nothing,
        response: { ...errors, 200: Claim },
      },
    },
    async ({ params, person }, reply) => {
      const claim = await reviews.claim(params.decision_id, person);
      if (claim === null) return reply.code(404).send(noCase(params.decision_id));
      return 'is' in claim ? reply.code(statusOf(claim)).send(errorOf(claim)) : claim;
    },
  );

  app.post(
    '/v1/reviews/cases/:decision_id/release',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'Give a claim up',
        params: Params,
        body: Nothing,
        response: { ...errors, 200: Type.Object({ released: Type.Boolean() }) },
      },
    },
    async ({ params, person }) => ({ released: await reviews.release(params.decision_id, person) }),
  );

  app.post(
    '/v1/reviews/cases/:decision_id/decide',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'Decide a claimed case',
        params: Params,
        body: DecideRequest,
        response: { ...errors, 200: Decided },
      },
    },
    async ({ params, body, person }, reply) => {
      const decided = await reviews.decide(params.decision_id, person, body);
      if (decided === null) return reply.code(404).send(noCase(params.decision_id));
      if ('is' in decided) return reply.code(statusOf(decided)).send(errorOf(decided));
      onChange();
      return decided;
    },
  );
}

export const noCase = (id: string) => apiError('not_found', `there is no case ${id}`);
const statusOf = ({ is }: Refusal) => (is === 'bad_request' ? 400 : 409);
const errorOf = (refusal: Refusal) =>
  apiError(refusal.is, refusal.message, refusal.is === 'bad_request' ? null : refusal.winner);
