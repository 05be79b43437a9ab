/** Alerts, breakers and models: what is wrong, and the levers. */
import { ApiError, ResponseOverview, RollbackRequest, TripRequest } from '@countersign/contract';
import Type from 'typebox';
import { apiError, type Server } from '../server.ts';

/** An act on decision authority, or why not. */
export type Acted =
  { readonly is: 'done'; readonly message: string } | { readonly is: 'refused'; readonly reason: string };

export interface ResponseRoom {
  overview(): Promise<ResponseOverview>;
  trip(order: TripRequest, by: string): Promise<Acted>;
  retry(order: TripRequest, by: string): Promise<Acted>;
  rollBack(order: RollbackRequest, by: string): Promise<Acted>;
}

const Done = Type.Object({ message: Type.String() });
const errors = { 400: ApiError, 403: ApiError, 409: ApiError };

export function responseRoutes(app: Server, room: ResponseRoom): void {
  app.get(
    '/v1/response',
    {
      config: { grant: 'read' },
      schema: {
        summary: 'Signals, alerts, breakers and model versions',
        response: { ...errors, 200: ResponseOverview },
      },
    },
    () => room.overview(),
  );

  app.post(
    '/v1/breakers/trip',
    {
      config: { grant: 'operate' },
      schema: {
        summary: 'Stop the AI: everything goes to people',
        body: TripRequest,
        response: { ...errors, 200: Done },
      },
    },
    async ({ body, person }, reply) => {
      const acted = await room.trip(body, person.id);
      if (acted.is === 'refused') return reply.code(409).send(apiError('refused', acted.reason));
      return { message: acted.message };
    },
  );

  app.post(
    '/v1/approvals/retry',
    {
      config: { grant: 'approve' },
      schema: {
        summary: 'Let an open breaker try canaries again; a tripped one takes two people',
        body: TripRequest,
        response: { ...errors, 200: Done },
      },
    },
    async ({ body, person }, reply) => {
      const acted = await room.retry(body, person.id);
      if (acted.is === 'refused') return reply.code(409).send(apiError('refused', acted.reason));
      return { message: acted.message };
    },
  );

  app.post(
    '/v1/approvals/rollback',
    {
      config: { grant: 'approve' },
      schema: {
        summary: 'Take a model version out of use for the one before',
        body: RollbackRequest,
        response: { ...errors, 200: Done },
      },
    },
    async ({ body, person }, reply) => {
      const acted = await room.rollBack(body, person.id);
      if (acted.is === 'refused') return reply.code(409).send(apiError('refused', acted.reason));
      return { message: acted.message };
    },
  );
}
