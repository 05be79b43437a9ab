/** The other side of a channel, for tests: real HTTP and SMTP servers on loopback that keep what they get, and misbehave. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What it does with a request. */
export type Behaviour =
  | {
      readonly is: 'answer';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Record<string, string>;
    }
  /** Takes it, and never says a word. */
  | { readonly is: 'hang' }
  /** Closes the connection without an answer. */
  | { readonly is: 'close' }
  /** Says 200, and closes in the middle of the body. */
  | { readonly is: 'cut' }
  /** Says 200, and then a byte now and then, for ever. */
  | { readonly is: 'drip' };

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** For the next requests, in order; the last one stays. */
  behave(...behaviours: Behaviour[]): void;
  stop(): Promise<void>;
}

const fine: Behaviour = { is: 'answer', status: 200, body: '{"ok":true,"channel":"C1","ts":"17.5"}' };

export function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let behaviours: Behaviour[] = [fine];
  const drips = new Set<NodeJS.Timeout>();
  const answer = (response: ServerResponse, behaviour: Behaviour) => {
    switch (behaviour.is) {
      case 'answer':
        response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? '');
        return;
      case 'hang':
        return;
      case 'close':
        response.destroy();
        return;
      case 'cut':
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"ok":', () => response.destroy());
        return;
      case 'drip':
        response.writeHead(200);
        drips.add(setInterval(() => response.write(' '), 50));
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      received.push({ method, path, headers, body: Buffer.concat(chunks).toString('utf8') });
      const [behaviour = fine, ...rest] = behaviours;
      if (rest.length > 0) behaviours = rest;
      answer(response, behaviour);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        received,
        behave: (...next) => {
          behaviours = next;
        },
        stop: () =>
          new Promise((done) => {
            for (const drip of drips) clearInterval(drip);
            server.close(() => done());
            server.closeAllConnections();
          }),
      }),
    );
  });
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

export type MailBehaviour =
  | { readonly is: 'accept' }
  /** An answer to RCPT, of all or of those whose address begins so. */
  | { readonly is: 'refuse'; readonly code: number; readonly only?: string }
  /** No greeting at all. */
  | { readonly is: 'silent' }
  /** Hangs up while the mail is being sent. */
  | { readonly is: 'cut' };

export interface MailReceiver {
  /** For `server` of a channel. */
  readonly server: string;
  readonly mails: Mail[];
  behave(behaviour: MailBehaviour): void;
  stop(): Promise<void>;
}

export const mailPassword = 'correct-horse';

/** On a port of its own, or on one that is free again. */
export async function startMailReceiver(port = 0): Promise<MailReceiver> {
  const mails: Mail[] = [];
  let behaviour: MailBehaviour = { is: 'accept' };
  const smtp = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onAuth: ({ password }, _session, callback) =>
      password === mailPassword ? callback(null, { user: 'countersign' }) : callback(new Error('wrong password')),
    onRcptTo: ({ address }, _session, callback) => {
      if (behaviour.is !== 'refuse' || !address.startsWith(behaviour.only ?? '')) return callback();
      callback(Object.assign(new Error('no such mailbox'), { responseCode: behaviour.code }));
    },
    onData: (stream, { envelope }, callback) => {
      if (behaviour.is === 'cut') return void stream.once('data', () => sockets.forEach((socket) => socket.destroy()));
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), text });
        callback();
      });
    },
  });
  // Before it, so that a connection can be met with silence or cut.
  const sockets = new Set<Socket>();
  const door = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    if (behaviour.is !== 'silent') smtp.server.emit('connection', socket);
  });
  await new Promise<void>((resolve) => door.listen(port, '127.0.0.1', resolve));
  return {
    server: `smtp://127.0.0.1:${(door.address() as AddressInfo).port}`,
    mails,
    behave: (next) => {
      behaviour = next;
    },
    stop: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy();
        door.close(() => done());
      }),
  };
}
