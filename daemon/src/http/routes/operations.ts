/** For those who run the daemon: health, metrics, and the API's own description. */
import type { Server } from '../server.ts';

export interface OperationsRoom {
  /** What is not ready, in words; empty when all is. */
  notReady(): Promise<string[]>;
  /** `accept` is the header of that name. */
  metrics(accept: string | undefined): Promise<{ contentType: string; text: string }>;
}

export function operationsRoutes(app: Server, room: OperationsRoom): void {
  app.get('/healthz', { schema: { hide: true } }, () => ({ status: 'ok' }));

  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const waiting = await room.notReady();
    return waiting.length === 0 ? { status: 'ready' } : reply.code(503).send({ status: 'not_ready', waiting });
  });

  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    const { contentType, text } = await room.metrics(request.headers.accept);
    return reply.type(contentType).send(text);
  });

  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
