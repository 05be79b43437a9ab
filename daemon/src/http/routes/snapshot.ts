/** An input as an answer: bytes that no browser shows as what they might be. */
import type { FastifyReply } from 'fastify';
import type { Snapshot } from '../../snapshots/index.ts';
import { apiError } from '../server.ts';

export function sendSnapshot(reply: FastifyReply, snapshot: Snapshot): FastifyReply {
  if (snapshot.is === 'absent') {
    return reply.code(404).send(apiError('not_found', 'This input was not sent along, or has not arrived yet.'));
  }
  if (snapshot.is === 'erased') {
    const day = snapshot.at.toISOString().slice(0, 10);
    return reply.code(410).send(apiError('erased', `This input was erased on ${day}. The audit trail says why.`));
  }
  return reply
    .header('content-security-policy', 'sandbox')
    .header('x-content-type-options', 'nosniff')
    .type('application/octet-stream')
    .send(snapshot.bytes);
}
