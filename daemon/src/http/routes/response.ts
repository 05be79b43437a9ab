/** Alerts, incidents, breakers and models: what is wrong, and the levers. */
import {
  AcknowledgeRequest,
  ApiError,
  CloseRequest,
  EndSilenceRequest,
  ResponseOverview,
  RollbackRequest,
  SilenceRequest,
  TripRequest,
} from '@countersign/contract';
import Type, { type Static, type TSchema } from 'typebox';
import type { Grant } from '../identity.ts';
import { apiError, type Server } from '../server.ts';

/** An act of a person, or why not. */
export type Acted =
  { readonly is: 'done'; readonly message: string } | { readonly is: 'refused'; readonly reason: string };

export interface ResponseRoom {
  overview(): Promise<ResponseOverview>;
  trip(order: TripRequest, by: string): Promise<Acted>;
  retry(order: TripRequest, by: string): Promise<Acted>;
  rollBack(order: RollbackRequest, by: string): Promise<Acted>;
  acknowledge(order: AcknowledgeRequest, by: string): Promise<Acted>;
  close(order: CloseRequest, by: string): Promise<Acted>;
  silence(order: SilenceRequest, by: string): Promise<Acted>;
  endSilence(order: EndSilenceRequest, by: string): Promise<Acted>;
}

const Done = Type.Object({ message: Type.String() });
const errors = { 400: ApiError, 403: ApiError, 409: ApiError };

export function responseRoutes(app: Server, room: ResponseRoom): void {
  app.get(
    '/v1/response',
    {
      config: { grant: 'read' },
      schema: {
        summary: 'Signals, alerts, incidents, breakers and model versions',
        response: { ...errors, 200: ResponseOverview },
      },
    },
    () => room.overview(),
  );

  /** A lever: who pulls it gives a reason, and hears what came of it. */
  const lever = <B extends TSchema>(
    path: string,
    grant: Grant,
    summary: string,
    body: B,
    act: (order: Static<B>, by: string) => Promise<Acted>,
  ) =>
    app.post(
      path,
      { config: { grant }, schema: { summary, body, response: { ...errors, 200: Done } } },
      async (request, reply) => {
        const acted = await act(request.body as Static<B>, request.person.id);
        if (acted.is === 'refused') return reply.code(409).send(apiError('refused', acted.reason));
        return { message: acted.message };
      },
    );

  lever('/v1/breakers/trip', 'operate', 'Stop the AI: everything goes to people', TripRequest, (order, by) =>
    room.trip(order, by),
  );
  lever(
    '/v1/incidents/acknowledge',
    'operate',
    'Take an incident on: it climbs no further',
    AcknowledgeRequest,
    (order, by) => room.acknowledge(order, by),
  );
  lever('/v1/incidents/close', 'operate', 'Close a resolved incident with its postmortem', CloseRequest, (order, by) =>
    room.close(order, by),
  );
  lever('/v1/silences/begin', 'operate', 'Tell nobody of some alerts for a while', SilenceRequest, (order, by) =>
    room.silence(order, by),
  );
  lever('/v1/silences/end', 'operate', 'End a silence before its time', EndSilenceRequest, (order, by) =>
    room.endSilence(order, by),
  );
  lever(
    '/v1/approvals/retry',
    'approve',
    'Let an open breaker try canaries again; a tripped one takes two people',
    TripRequest,
    (order, by) => room.retry(order, by),
  );
  lever(
    '/v1/approvals/rollback',
    'approve',
    'Take a model version out of use for the one before',
    RollbackRequest,
    (order, by) => room.rollBack(order, by),
  );
}
