/** The review queue and its cases: who holds them, and what becomes of them. */
import {
  ApiError,
  AssignedTo,
  Claim,
  CommitRequest,
  DecideRequest,
  DecidedAndNext,
  HandOverRequest,
  OwnFigures,
  Person,
  Queue,
  ReviewReason,
  RiskTier,
  Uuid,
} from '@countersign/contract';
import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import type { Decisions, Refusal, Reviews } from '../../reviews/index.ts';
import { apiError, OnceHeaders, type Server } from '../server.ts';

const Params = Type.Object({ decision_id: Uuid });
const filter = {
  workflow: Type.Optional(Type.String({ maxLength: 63 })),
  risk_tier: Type.Optional(RiskTier),
  reason: Type.Optional(ReviewReason),
  confidence_below: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  assigned: Type.Optional(AssignedTo),
};
const QueueQuery = Type.Object({
  ...filter,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
  after: Type.Optional(Type.String({ maxLength: 100 })),
});
const Nothing = Type.Object({}, { additionalProperties: false });
/** What a page calls itself: one person may have several with the same case. */
const Page = Type.String({ minLength: 1, maxLength: 64 });
const errors = { 400: ApiError, 403: ApiError, 404: ApiError, 409: ApiError };
const Said = Type.Object({ message: Type.String() });

export interface ReviewRoom {
  readonly reviews: Reviews;
  readonly decisions: Decisions;
  /** A verdict may be waiting. */
  readonly onChange: () => void;
}

export function reviewRoutes(app: Server, { reviews, decisions, onChange }: ReviewRoom): void {
  app.get(
    '/v1/reviews/queue',
    {
      config: { grant: 'read' },
      schema: {
        summary: 'Cases that wait for a person, most urgent first, a page at a time',
        querystring: QueueQuery,
        response: { ...errors, 200: Queue },
      },
    },
    ({ query: { limit = 100, after = null, ...query }, person }) => reviews.queue(query, person, after, limit),
  );

  app.get(
    '/v1/reviews/cases/:decision_id/colleagues',
    {
      config: { grant: 'read' },
      schema: {
        summary: 'Whom a case can be handed over to',
        params: Params,
        response: { ...errors, 200: Type.Array(Person) },
      },
    },
    async ({ params, person }, reply) =>
      (await reviews.colleagues(params.decision_id, person)) ?? reply.code(404).send(noCase(params.decision_id)),
  );

  app.get(
    '/v1/reviews/me',
    {
      config: { grant: 'read' },
      schema: { summary: 'How the asker decides, by workflow', response: { ...errors, 200: Type.Array(OwnFigures) } },
    },
    async ({ person }) => reviews.figures(person),
  );

  app.post(
    '/v1/reviews/claim-next',
    {
      config: { grant: 'decide', once: 'taken' },
      schema: {
        summary: 'Claim the most urgent case that nobody holds',
        querystring: Type.Object(filter),
        headers: OnceHeaders,
        body: Nothing,
        response: { ...errors, 200: Claim },
      },
    },
    async ({ query, person }, reply) => {
      const claim = await reviews.claimNext(query, person);
      if (claim === null) {
        const isFiltered = Object.values(query).some((value) => value !== undefined);
        const none = isFiltered
          ? 'No case that fits waits. Take a filter away to get another.'
          : 'No case waits. Well done.';
        return reply.code(404).send(apiError('not_found', none));
      }
      return 'is' in claim ? refuse(reply, claim) : claim;
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
      return 'is' in claim ? refuse(reply, claim) : claim;
    },
  );

  app.post(
    '/v1/reviews/cases/:decision_id/release',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'Give a claim up; with `page`, unless another page of the person has the case in front',
        params: Params,
        body: Type.Object({ page: Type.Optional(Page) }, { additionalProperties: false }),
        response: { ...errors, 200: Type.Object({ released: Type.Boolean() }) },
      },
    },
    async ({ params, person, body: { page = null } }) => ({
      released: await reviews.release(params.decision_id, person, page),
    }),
  );

  app.post(
    '/v1/reviews/cases/:decision_id/leave',
    {
      config: { grant: 'decide' },
      schema: {
        summary:
          'Say that the page with the case is going: the claim ends soon, unless it is renewed or another page has the case',
        params: Params,
        body: Type.Object({ page: Page }, { additionalProperties: false }),
        response: { ...errors, 200: Type.Object({ released: Type.Boolean() }) },
      },
    },
    async ({ params, person, body }) => ({
      released: await reviews.leave(params.decision_id, person, body.page),
    }),
  );

  app.post(
    '/v1/reviews/cases/:decision_id/look',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'Say that the case is on screen, and hear who else has it there',
        params: Params,
        body: Type.Object({ page: Page }, { additionalProperties: false }),
        response: { ...errors, 200: Type.Object({ looking: Type.Array(Person) }) },
      },
    },
    async ({ params, person, body }, reply) => {
      const looking = await reviews.look(params.decision_id, person, body.page);
      return looking === null ? reply.code(404).send(noCase(params.decision_id)) : { looking };
    },
  );

  app.post(
    '/v1/reviews/cases/:decision_id/hand-over',
    {
      config: { grant: 'decide', once: 'taken' },
      schema: {
        summary: 'Give a claimed case to a colleague',
        params: Params,
        headers: OnceHeaders,
        body: HandOverRequest,
        response: { ...errors, 200: Said },
      },
    },
    async ({ params, body, person }, reply) => {
      const done = await reviews.handOver(params.decision_id, person, body);
      if (done === null) return reply.code(404).send(noCase(params.decision_id));
      return done === 'handed_over' ? { message: 'Handed over.' } : refuse(reply, done);
    },
  );

  app.post(
    '/v1/reviews/cases/:decision_id/commit',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'Say what you think before the AI’s answer is shown',
        params: Params,
        body: CommitRequest,
        response: { ...errors, 200: Said },
      },
    },
    async ({ params, body, person }, reply) => {
      const kept = await decisions.commit(params.decision_id, person, body);
      if (kept === null) return reply.code(404).send(noCase(params.decision_id));
      return kept === 'kept' ? { message: 'Kept.' } : refuse(reply, kept);
    },
  );

  app.post(
    '/v1/reviews/cases/:decision_id/decide',
    {
      config: { grant: 'decide' },
      schema: {
        summary: 'Decide a claimed case; with `next`, claim and open the most urgent one that fits the filter',
        params: Params,
        querystring: Type.Object({ ...filter, next: Type.Optional(Type.Boolean()) }),
        body: DecideRequest,
        response: { ...errors, 200: DecidedAndNext },
      },
    },
    async ({ params, query: { next = false, ...query }, body, person }, reply) => {
      const decided = await decisions.decide(params.decision_id, person, body);
      if (decided === null) return reply.code(404).send(noCase(params.decision_id));
      if ('is' in decided) return refuse(reply, decided);
      onChange();
      if (!next) return decided;
      // One way there and back: whoever decides all day waits for it each time.
      return { ...decided, next: await reviews.openNext(query, person) };
    },
  );

  app.post(
    '/v1/reviews/cases/:decision_id/undo',
    {
      config: { grant: 'decide', once: 'taken' },
      schema: {
        summary: 'Take your own decision back before it is recorded',
        params: Params,
        headers: OnceHeaders,
        body: Nothing,
        response: { ...errors, 200: Said },
      },
    },
    async ({ params, person }, reply) => {
      const undone = await decisions.undo(params.decision_id, person);
      if (undone === null) return reply.code(404).send(noCase(params.decision_id));
      return undone === 'undone' ? { message: 'Undone. The case is yours again.' } : refuse(reply, undone);
    },
  );
}

export const noCase = (id: string) => apiError('not_found', `there is no case ${id}`);

/** 400 for what is wrong in itself, 409 for what has come too late. */
export function refuse(reply: FastifyReply, { is, message, winner }: Refusal) {
  return reply.code(is === 'bad_request' ? 400 : 409).send(apiError(is, message, winner));
}
