/** The HTTP server: routes over the rooms, with identity and grant checked at the door. */
import swagger from '@fastify/swagger';
import { TypeBoxValidatorCompiler, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { unstorableIn, type ApiError, type Reviewer } from '@countersign/contract';
import fastify, { type FastifyError } from 'fastify';
import Type from 'typebox';
import { auditTool, type Grant, type Identify } from './identity.ts';
import type { Once } from './once.ts';
import { wrongRequest } from './wrong-request.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking; set on every route that has a grant. */
    person: Reviewer;
    /** Under which what came of it is kept; null where it is not. */
    onceKey: string | null;
  }
  interface FastifyContextConfig {
    /** What the route takes; a route without one is open to anyone who can reach the port. */
    grant?: Grant;
    /** What it does is done once for each Idempotency-Key, which it wants, or takes where there is one. */
    once?: 'wanted' | 'taken';
  }
}

export interface ServerOptions {
  readonly identify: Identify;
  readonly once: Once;
  /** Somebody was let in by Grafana. What it throws ends the request. */
  readonly onPerson: (person: Reviewer, grant: Grant) => Promise<void>;
  readonly onRequest: (route: string, status: number, seconds: number) => void;
  readonly onError: (error: unknown) => void;
}

export type Server = ReturnType<typeof createServer>;

export function createServer({ identify, once, onPerson, onRequest, onError }: ServerOptions) {
  const app = fastify({
    bodyLimit: 1_048_576,
    requestTimeout: 15_000,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 300 },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  app.decorateRequest('person', null as unknown as Reviewer);
  app.decorateRequest('onceKey', null);

  app.addHook('onRequest', async (request, reply) => {
    const [path = ''] = (request.raw.url ?? '').split('?');
    // Grafana forwards these unescaped and matches its routes before anything folds them into another path.
    if (/\.\.|\/\/|%|\\/.test(path)) {
      return reply
        .code(400)
        .send(apiError('bad_request', `the path ${JSON.stringify(path)} holds "..", "//", "%" or "\\".`));
    }
    if (request.headers.upgrade !== undefined) {
      return reply.code(400).send(apiError('bad_request', 'there is nothing to upgrade to here.'));
    }
    const { grant } = request.routeOptions.config;
    if (grant === undefined) return;
    const identified = await identify(request.headers, grant, request.method === 'GET' || request.method === 'HEAD');
    if (identified.is === 'unavailable') {
      onError(identified.error);
      return reply
        .code(503)
        .send(apiError('unavailable', 'Who you are cannot be checked now: Grafana’s keys cannot be read.'));
    }
    // Never 401: Grafana's client answers that by logging in and sending the request a second time.
    if (identified.is === 'refused') return reply.code(403).send(apiError('forbidden', identified.message));
    request.person = identified.person;
    if (identified.person.id !== auditTool) await onPerson(identified.person, grant);
  });

  app.addHook('preValidation', async (request, reply) => {
    const unstorable = unstorableIn({ query: request.query, body: request.body });
    if (unstorable === null) return;
    return reply
      .code(400)
      .send(
        apiError(
          'bad_request',
          `${unstorable} holds U+0000, half a character, or a number that is too large. Remove it.`,
        ),
      );
  });

  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    const { once: isOnce } = request.routeOptions.config;
    if (isOnce === undefined || (isOnce === 'taken' && key === undefined)) return;
    const begun = await once.begin({ key, person: request.person.id, route: request.url, body: request.body });
    if (begun.is === 'new') {
      request.onceKey = begun.key;
      return;
    }
    if (begun.is === 'done') return reply.code(begun.status).type('application/json').send(begun.answer);
    return reply.code(statusOf[begun.error] ?? 503).send(apiError(begun.error, begun.message));
  });

  app.addHook('onSend', async (request, reply, payload) => {
    // The answer goes out though it cannot be kept: who asks again is told that it is not known.
    if (request.onceKey !== null) await once.end(request.onceKey, reply.statusCode, String(payload)).catch(onError);
    return payload;
  });

  app.addHook('onResponse', async (request, reply) => {
    onRequest(request.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime / 1000);
  });

  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.validation !== undefined) {
      const { body, params, query: querystring, headers } = request;
      return reply.code(400).send(apiError('bad_request', wrongRequest(error, { body, params, querystring, headers })));
    }
    if (error.statusCode === 413) {
      return reply.code(413).send(apiError('too_large', 'the body is larger than 1 MiB. Send less.'));
    }
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return reply.code(error.statusCode).send(apiError('bad_request', error.message));
    }
    onError(error);
    return reply.code(500).send(apiError('internal', 'The daemon failed. Its log says why; try again.'));
  });

  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(apiError('not_found', `there is no ${request.method} ${request.url}`)),
  );

  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Countersign',
        description: 'Reached through the Countersign app’s plugin proxy, which adds identity and grant.',
        version: '0.1.0',
      },
    },
  });
  return app;
}

const statusOf: Partial<Record<ApiError['error'], number>> = { bad_request: 400, refused: 409, unavailable: 503 };

/** Of routes that do things once. Checked at the door, with words of its own. */
export const OnceHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ description: 'A new UUID with each wish; sent again, it does nothing.' }),
  ),
});

export const apiError = (error: ApiError['error'], message: string, winner?: ApiError['winner'] | null): ApiError => ({
  error,
  message,
  ...(winner ? { winner } : {}),
});
