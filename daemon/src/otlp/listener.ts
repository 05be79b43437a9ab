/** OTLP over HTTP: POST /v1/traces in protobuf or JSON, gzipped or not. Answers 200 only for what is durable. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import fastify, { type FastifyError, type FastifyReply } from 'fastify';
import { refusalOf } from './door.ts';
import { readJson } from './json.ts';
import { readProtobuf, writeResponse, writeStatus } from './protobuf.ts';
import { NotAcknowledged, type Rejections } from './receiver.ts';
import type { OtlpSettings } from './settings.ts';
import { MalformedRequest, RequestTooLarge, type Span } from './span.ts';

export interface ListenerOptions {
  readonly settings: OtlpSettings;
  readonly receive: (spans: readonly Span[]) => Promise<Rejections>;
  readonly onRequest: (status: number) => void;
  /** Something failed that the sender cannot mend. */
  readonly onError: (error: unknown) => void;
}

export interface Listener {
  readonly address: string;
  /** Takes nothing new and answers what is under way. */
  stop(): Promise<void>;
}

/** Of the body as it comes, and of what it unpacks to. */
const mostBytes = 8 * 1_048_576;
/** Each may hold a body and what it unpacks to. */
const mostAtOnce = 16;
const mostConnections = 512;
/** From its first byte on, or from when it connects. */
const requestMs = 15_000;
const [json, protobuf] = ['application/json', 'application/x-protobuf'];

/** google.rpc.Code, by the status that goes with it. */
const codes: Readonly<Record<number, number>> = { 401: 16, 403: 7, 404: 5, 413: 8, 500: 13, 503: 14 };
const invalidArgument = 3;

const unzip = promisify(gunzip);

/** The request cannot be taken; nothing of it was. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { settings, receive, onRequest, onError } = options;
  const app = createServer(settings);
  // Node looks only twice a minute otherwise, and lets headers take a minute.
  const looks = { headersTimeout: requestMs, connectionsCheckingInterval: 1_000 };
  Object.assign(app.server, { ...looks, maxConnections: mostConnections });
  let underWay = 0;

  app.addHook('onRequest', async (request, reply) => {
    const refusal = refusalOf(settings, request.headers);
    if (refusal !== null) {
      if (refusal.status === 401) void reply.header('www-authenticate', 'Bearer');
      throw new Refused(refusal.status, refusal.message);
    }
    // 503 and not 429: not every exporter sends again after 429.
    if (underWay >= mostAtOnce) throw new Refused(503, 'too many requests at once. Send it again.');
    underWay += 1;
    reply.raw.once('close', () => (underWay -= 1));
  });
  app.addHook('onResponse', async (_request, reply) => onRequest(reply.statusCode));

  app.removeAllContentTypeParsers();
  app.addContentTypeParser([json, protobuf], { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.post<{ Body: Buffer }>('/v1/traces', async (request, reply) => {
    const body = await unpack(request.body, request.headers['content-encoding']);
    const isJson = isJsonType(request.headers['content-type']);
    const rejections = await receive(isJson ? readJson(body) : readProtobuf(body));
    return isJson
      ? reply.type(json).send(JSON.stringify(partialSuccess(rejections)))
      : reply.type(protobuf).send(Buffer.from(writeResponse(rejections)));
  });

  app.setNotFoundHandler((request) => {
    const only = 'Traces are taken, by POST to /v1/traces; send metrics and logs elsewhere.';
    throw new Refused(404, `there is no ${request.method} ${request.url.slice(0, 100)}. ${only}`);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = statusOf(error);
    if (status >= 500 && !(error instanceof Refused)) onError(error);
    return answer(reply, status, messageOf(error, status), isJsonType(request.headers['content-type']));
  });

  const address = await app.listen({ host: settings.host, port: settings.port });
  return { address, stop: () => app.close() };
}

function createServer({ tls }: OtlpSettings) {
  const limits = {
    bodyLimit: mostBytes,
    requestTimeout: requestMs,
    connectionTimeout: 60_000,
    forceCloseConnections: 'idle' as const,
  };
  if (tls === null) return fastify({ ...limits, https: null });
  const { cert, key, clientCa } = tls;
  const asked = clientCa === '' ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return fastify({ ...limits, https: { cert, key, ...asked } });
}

const isJsonType = (contentType: string | undefined): boolean => !contentType?.toLowerCase().startsWith(protobuf);

async function unpack(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  const coding = encoding?.toLowerCase() ?? 'identity';
  if (coding === 'identity') return body;
  if (coding !== 'gzip') throw new Refused(415, `Content-Encoding is ${encoding}. Use gzip, or none.`);
  try {
    return await unzip(body, { maxOutputLength: mostBytes });
  } catch (error) {
    const isBomb = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    if (isBomb) throw new RequestTooLarge(`the body unpacks to more than ${mostBytes} bytes. Export smaller batches.`);
    throw new MalformedRequest(`the body is no gzip: ${String(error)}.`);
  }
}

/** 64-bit integers are text in OTLP's JSON. */
const partialSuccess = ({ count, message }: Rejections) =>
  count === 0 ? {} : { partialSuccess: { rejectedSpans: String(count), errorMessage: message } };

function statusOf(error: FastifyError): number {
  if (error instanceof MalformedRequest) return 400;
  if (error instanceof RequestTooLarge) return 413;
  if (error instanceof NotAcknowledged) return 503;
  return error.statusCode ?? 500;
}

function messageOf(error: FastifyError, status: number): string {
  if (error instanceof NotAcknowledged) return 'the events are not durable yet. Send the same request again.';
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return `the body is larger than ${mostBytes} bytes. Export smaller batches.`;
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return `Content-Type is neither ${protobuf} nor ${json}.`;
  return status >= 500 && !(error instanceof Refused) ? 'The daemon failed. Its log says why.' : error.message;
}

/** In the encoding that was sent. */
function answer(reply: FastifyReply, status: number, message: string, isJson: boolean): FastifyReply {
  const code = codes[status] ?? invalidArgument;
  if (status === 503) void reply.header('retry-after', '2');
  void reply.code(status);
  return isJson
    ? reply.type(json).send(JSON.stringify({ code, message }))
    : reply.type(protobuf).send(Buffer.from(writeStatus(code, message)));
}
