/** Alerts, incidents, breakers and models: what is wrong, and the levers. */
import {
  AcknowledgeRequest,
  ApproveRollbackRequest,
  AskRollbackRequest,
  ApiError,
  CloseRequest,
  DeclareRequest,
  EndSilenceRequest,
  PromoteRequest,
  ResponseOverview,
  RetryRequest,
  RollbackRequest,
  SilenceRequest,
  ThawRequest,
  TripRequest,
  Uuid,
  type Reviewer,
} from '@countersign/contract';
import Type, { type Static, type TSchema } from 'typebox';
import type { Grant } from '../identity.ts';
import { apiError, OnceHeaders, type Server } from '../server.ts';

/** An act of a person, or why not. */
export type Acted =
  { readonly is: 'done'; readonly message: string } | { readonly is: 'refused'; readonly reason: string };

export interface ResponseRoom {
  overview(person: string, incident: string | null): Promise<ResponseOverview>;
  trip(order: TripRequest, by: string): Promise<Acted>;
  retry(order: RetryRequest, by: string): Promise<Acted>;
  rollBack(order: RollbackRequest, by: string): Promise<Acted>;
  declare(order: DeclareRequest, by: string): Promise<Acted>;
  promote(order: PromoteRequest, signer: Reviewer): Promise<Acted>;
  thaw(order: ThawRequest, by: string): Promise<Acted>;
  acknowledge(order: AcknowledgeRequest, by: string): Promise<Acted>;
  askRollback(order: AskRollbackRequest, by: string): Promise<Acted>;
  approveRollback(order: ApproveRollbackRequest, by: string): Promise<Acted>;
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
        querystring: Type.Object({ incident: Type.Optional(Uuid) }),
        response: { ...errors, 200: ResponseOverview },
      },
    },
    ({ query, person }) => room.overview(person.id, query.incident ?? null),
  );

  /** A lever: who pulls it gives a reason, and hears what came of it. */
  const lever = <B extends TSchema>(
    path: string,
    grant: Grant,
    summary: string,
    body: B,
    act: (order: Static<B>, person: Reviewer) => Promise<Acted>,
  ) =>
    app.post(
      path,
      {
        config: { grant, once: 'wanted' },
        schema: { summary, body, headers: OnceHeaders, response: { ...errors, 200: Done } },
      },
      async (request, reply) => {
        const acted = await act(request.body as Static<B>, request.person);
        if (acted.is === 'refused') return reply.code(409).send(apiError('refused', acted.reason));
        return { message: acted.message };
      },
    );

  lever('/v1/breakers/trip', 'operate', 'Stop the AI: everything goes to people', TripRequest, (order, { id }) =>
    room.trip(order, id),
  );
  lever(
    '/v1/incidents/acknowledge',
    'operate',
    'Take an incident on: it climbs no further',
    AcknowledgeRequest,
    (order, { id }) => room.acknowledge(order, id),
  );
  lever(
    '/v1/incidents/close',
    'operate',
    'Close a resolved incident with its postmortem',
    CloseRequest,
    (order, { id }) => room.close(order, id),
  );
  lever('/v1/silences/begin', 'operate', 'Tell nobody of some alerts for a while', SilenceRequest, (order, { id }) =>
    room.silence(order, id),
  );
  lever('/v1/silences/end', 'operate', 'End a silence before its time', EndSilenceRequest, (order, { id }) =>
    room.endSilence(order, id),
  );
  lever(
    '/v1/breakers/ask-rollback',
    'operate',
    'Ask for decisions to be taken back; another person has to approve it',
    AskRollbackRequest,
    (order, { id }) => room.askRollback(order, id),
  );
  lever(
    '/v1/approvals/approve-rollback',
    'approve',
    'Approve a rollback of decisions, or try again what failed of one',
    ApproveRollbackRequest,
    (order, { id }) => room.approveRollback(order, id),
  );
  lever(
    '/v1/approvals/retry',
    'approve',
    'Let an open breaker try canaries again; a tripped one takes two people',
    RetryRequest,
    (order, { id }) => room.retry(order, id),
  );
  lever('/v1/approvals/declare', 'approve', 'Declare a model version by its hash', DeclareRequest, (order, { id }) =>
    room.declare(order, id),
  );
  lever(
    '/v1/approvals/promote',
    'approve',
    'Sign a model version off for its next step; with the last signature it takes it',
    PromoteRequest,
    (order, signer) => room.promote(order, signer),
  );
  lever('/v1/approvals/thaw', 'approve', 'Let versions of a model be promoted again', ThawRequest, (order, { id }) =>
    room.thaw(order, id),
  );
  lever(
    '/v1/approvals/rollback',
    'approve',
    'Take a model version out of use for the one before',
    RollbackRequest,
    (order, { id }) => room.rollBack(order, id),
  );
}
