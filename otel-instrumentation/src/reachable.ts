/**
 * Whether a NATS is there, without keeping a program alive to find out: while the client connects, its socket and its timer do so, for as
 * long as nobody answers. So it is asked only when somebody does.
 */
import { createConnection, type Socket } from 'node:net';

const usualPort = 4222;

/** Resolves when the first of the servers speaks: NATS does so first. Rejects with why the last did not. Keeps no program alive. */
export async function someAnswer(servers: readonly string[], timeoutMs: number): Promise<void> {
  try {
    await Promise.any(servers.map((server) => answers(server, timeoutMs)));
  } catch (error) {
    throw error instanceof AggregateError ? error.errors.at(-1) : error;
  }
}

async function answers(server: string, timeoutMs: number): Promise<void> {
  const { hostname, port } = new URL(`nats://${server.replace(/^\w+:\/\//, '')}`);
  const socket = createConnection({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || usualPort) });
  socket.unref();
  try {
    await spoken(socket, timeoutMs);
  } finally {
    socket.destroy();
  }
}

function spoken(socket: Socket, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // Not the socket's own, which begins anew with each sign of life.
    const late = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1_000} s`)), timeoutMs).unref();
    const end = (why?: Error) => {
      clearTimeout(late);
      if (why === undefined) resolve();
      else reject(why);
    };
    socket.once('data', () => end());
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? new Error('connection refused', { cause: error }) : error),
    );
    socket.once('close', () => end(new Error('the connection was closed at once')));
  });
}
