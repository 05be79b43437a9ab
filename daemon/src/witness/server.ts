/** The witness over HTTP, at the paths of C2SP tlog-witness. */
import fastify, { type FastifyInstance } from 'fastify';
import type { Witness } from './witness.ts';

/** Room for 63 hashes and 16 of the largest signatures. */
const largestRequest = 131_072;
const plain = 'text/plain; charset=utf-8';

export function createWitnessServer(witness: Witness): FastifyInstance {
  const app = fastify({ bodyLimit: largestRequest, requestTimeout: 10_000, forceCloseConnections: 'idle' });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('text/plain', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  // No type is specified, so whatever a log says of its request is not looked at.
  app.addHook('onRequest', async (request) => {
    request.headers['content-type'] = 'text/plain';
  });

  app.post('/add-checkpoint', async (request, reply) => {
    const { status, body } = await witness.addCheckpoint(textOf(request.body));
    return reply
      .code(status)
      .type(status === 409 ? 'text/x.tlog.size' : plain)
      .send(body);
  });

  app.get('/:origin/checkpoint', async (request, reply) => {
    const latest = witness.latest((request.params as { origin: string }).origin);
    if (latest === null)
      return reply
        .code(404)
        .header('cache-control', 'no-store')
        .type(plain)
        .send('no checkpoint of this log was signed here\n');
    return reply.header('cache-control', 'public, max-age=1').type(plain).send(latest);
  });
  return app;
}

/** A note is UTF-8; what is not is no request. */
function textOf(body: unknown): string {
  try {
    return Buffer.isBuffer(body) ? new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body) : '';
  } catch {
    return '';
  }
}
