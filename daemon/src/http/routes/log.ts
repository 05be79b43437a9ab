/** The log as outsiders read it: checkpoint, tiles, entries, proofs. Hashes are for anyone, contents for auditors. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { UuidV7 } from '@countersign/contract';
import { formatProof } from '@countersign/contract/proof';
import { parseTilePath, type Tile } from '@countersign/contract/tiles';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { LedgerReader } from '../../ledger/index.ts';
import { apiError, type Server } from '../server.ts';

const compress = promisify(gzip);
const yearSeconds = 31_536_000;
/** A level-6 tile of hashes would cover more than any log can have. */
const highestLevel = 5;
const text = 'text/plain; charset=utf-8';

export function logRoutes(app: Server, log: LedgerReader): void {
  app.get(
    '/checkpoint',
    { schema: { summary: 'The newest signed checkpoint (C2SP tlog-checkpoint)' } },
    async (_request, reply) => {
      const checkpoint = await log.newestCheckpoint();
      if (checkpoint === null) return nothing(reply, 'No checkpoint is published yet.');
      return reply.header('cache-control', 'public, max-age=1').type(text).send(checkpoint.note);
    },
  );

  app.get(
    '/tile/entries/*',
    {
      config: { grant: 'audit' },
      schema: { summary: 'Entries of the log, 256 at a time (C2SP tlog-tiles)' },
    },
    (request, reply) => sendTile(log, request, reply, 'private'),
  );

  app.get('/tile/*', { schema: { summary: 'Hashes of the tree, 256 at a time (C2SP tlog-tiles)' } }, (request, reply) =>
    sendTile(log, request, reply, 'public'),
  );

  app.get(
    '/v1/audit/records/:event_id/proof',
    {
      config: { grant: 'audit' },
      schema: { summary: 'The proof as a file (C2SP tlog-proof)', params: Type.Object({ event_id: UuidV7 }) },
    },
    async ({ params }, reply) => {
      const proof = await log.proveEvent(params.event_id);
      if (proof === null) return nothing(reply, `there is no event ${params.event_id}`);
      if (proof.is === 'not_covered') {
        return nothing(reply, 'No checkpoint covers this record yet. Ask again in a second.');
      }
      return reply
        .type(text)
        .header('content-disposition', `attachment; filename="${params.event_id}.tlog-proof"`)
        .send(formatProof(proof));
    },
  );

  app.get(
    '/v1/audit/bodies/:index',
    {
      config: { grant: 'audit' },
      schema: {
        summary: 'The bytes of an event that were too many for an entry, to which the entry commits',
        params: Type.Object({ index: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) }),
      },
    },
    async ({ params }, reply) => {
      const body = await log.readBody(params.index);
      if (body === null) return nothing(reply, `record ${params.index} has no body aside`);
      return forEver(reply, 'private').type('application/octet-stream').send(body);
    },
  );
}

async function sendTile(log: LedgerReader, request: FastifyRequest, reply: FastifyReply, cache: 'public' | 'private') {
  const path = (request.url.split('?')[0] ?? '').slice(1);
  const tile = parseTilePath(path);
  if (tile === null || (tile.level !== 'entries' && tile.level > highestLevel)) return noTile(reply, path);
  const bytes = await log.readTile(tile);
  if (bytes === null) return noTile(reply, path);
  void forEver(reply, cache).type('application/octet-stream');
  if (!isWorthCompressing(tile)) return reply.send(bytes);
  void reply.header('vary', 'accept-encoding');
  if (!takesGzip(request.headers['accept-encoding'])) return reply.send(bytes);
  return reply.header('content-encoding', 'gzip').send(await compress(bytes));
}

/** Whether gzip is among the codings, and not with a weight of 0 (RFC 9110, 12.5.3). */
const takesGzip = (codings: string | string[] | undefined): boolean =>
  String(codings ?? '')
    .toLowerCase()
    .split(',')
    .some((coding) => /^\s*(x-)?gzip\s*(;\s*q=(0?\.\d*[1-9]\d*|1(\.0*)?)\s*)?$/.test(coding));

/** Hashes do not get smaller. */
const isWorthCompressing = ({ level }: Tile) => level === 'entries';

const forEver = (reply: FastifyReply, cache: 'public' | 'private') =>
  reply.header('cache-control', `${cache}, max-age=${yearSeconds}, immutable`);

const noTile = (reply: FastifyReply, path: string) =>
  nothing(reply, `there is no ${path}: not published yet, not in this form, or dropped by retention`);

/** It may be there a moment later. */
const nothing = (reply: FastifyReply, message: string) =>
  reply.code(404).header('cache-control', 'no-store').send(apiError('not_found', message));
