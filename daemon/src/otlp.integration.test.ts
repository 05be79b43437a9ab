/** Services that have nothing but their own OpenTelemetry SDK: its real exporters, a whole daemon, real servers. */
import { createHmac } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { request } from 'node:https';
import { connect as openSocket } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { Attributes } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';
import pg from 'pg';
import { streams, type Policy } from '@countersign/contract';
import { afterAll, beforeAll, beforeEach, expect, inject, it, vi } from 'vitest';
import { startNats, type Nats } from '../../stack/nats.ts';
import { eventually, passwords, startTestLoop, type TestLoop } from '../../stack/test-loop.ts';
import { readConfig } from './config.ts';
import { startDaemon, type Daemon } from './main.ts';

const hashKey = 'a key of the daemon, which no one knows';
const token = 'a token of at least thirty-two characters';
let loop: TestLoop;
let nats: Nats;
let daemon: Daemon | undefined;
let database: pg.Client;

beforeAll(async () => {
  loop = await startTestLoop(inject('postgresUrl'), inject('natsServer'));
  nats = loop.nats;
  database = new pg.Client(loop.databaseUrl);
  await database.connect();
  promote();
});

afterAll(async () => {
  await daemon?.stop();
  await database?.end();
  await loop?.stop();
  await nats?.stop();
});

beforeEach(async () => {
  daemon ??= await start();
});

/** The policy of the tests, with a tool whose execution is a decision. */
function promote(): void {
  const file = join(String(loop.env()['COUNTERSIGN_POLICIES']), 'mail-moderation.yaml');
  const policy = JSON.parse(readFileSync(file, 'utf8')) as Policy;
  const rule = {
    operation: 'execute_tool',
    name: 'delete_mail',
    risk_tier: 'high',
    reversible: false,
    model: 'helper',
  };
  writeFileSync(file, JSON.stringify({ ...policy, promote: [rule] }));
}

const start = (env: NodeJS.ProcessEnv = {}): Promise<Daemon> =>
  startDaemon(
    readConfig({
      ...loop.env(),
      COUNTERSIGN_LOG_LEVEL: 'silent',
      COUNTERSIGN_OTLP_PORT: '0',
      COUNTERSIGN_HASH_KEY: hashKey,
      ...env,
    }),
  );

const url = () => `${daemon?.otlpAddress}/v1/traces`;
const sha256 = `sha256:${'a1'.repeat(32)}`;
const decision = (task: string, change: Attributes = {}): Attributes => ({
  'decision.workflow.id': 'mail-moderation',
  'decision.task.id': task,
  'decision.model.name': 'spam-logit',
  'decision.model.version': '1.0.0',
  'decision.model.hash': sha256,
  'decision.input.hash': sha256,
  'decision.output.label': 'spam',
  'decision.confidence': 0.99,
  'decision.risk_tier': 'medium',
  'decision.reversible': true,
  'decision.action': 'accept',
  'decision.feature.length': 812,
  ...change,
});

/** A service that does one thing after another in spans, and ends. */
async function serve(exporter: SpanExporter, spans: readonly [name: string, attributes: Attributes][]): Promise<void> {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'mail-service' }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('mail-service');
  for (const [name, attributes] of spans) tracer.startSpan(name, { attributes }).end();
  await provider.shutdown();
}

interface Recorded {
  readonly source: string;
  readonly data: { readonly decision_id: string; readonly route: string; readonly features?: object };
}

async function recordsOf(task: string): Promise<Recorded[]> {
  const { rows } = await database.query<{ event: Recorded }>(
    'SELECT event FROM audit_record WHERE task_id = $1 ORDER BY log_index',
    [task],
  );
  return rows.map(({ event }) => event);
}
const onRecord = (task: string, count = 1): Promise<Recorded[]> =>
  eventually(
    `${count} records of ${task}`,
    async () => {
      const records = await recordsOf(task);
      return records.length >= count ? records : null;
    },
    20_000,
  );

async function metric(line: string): Promise<number> {
  const text = await (await fetch(`${daemon?.address}/metrics`)).text();
  const found = text.split('\n').find((other) => other.startsWith(`${line} `));
  return Number(found?.split(' ').at(-1) ?? 0);
}

/** A request in JSON, of which each span ends now. */
function spansInJson(spans: readonly Attributes[], spanIds: readonly string[]): string {
  const value = (of: unknown) =>
    typeof of === 'string' ? { stringValue: of } : typeof of === 'boolean' ? { boolValue: of } : { doubleValue: of };
  const endTimeUnixNano = `${Date.now()}000000`;
  return JSON.stringify({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: spans.map((attributes, i) => ({
              traceId: '0a'.repeat(16),
              spanId: spanIds[i],
              name: 'decide',
              startTimeUnixNano: endTimeUnixNano,
              endTimeUnixNano,
              attributes: Object.entries(attributes).map(([key, of]) => ({ key, value: value(of) })),
            })),
          },
        ],
      },
    ],
  });
}

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(url(), { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

it.each([
  ['protobuf', ProtobufExporter, 'none'],
  ['gzipped-protobuf', ProtobufExporter, 'gzip'],
  ['json', JsonExporter, 'none'],
  ['gzipped-json', JsonExporter, 'gzip'],
])('records what the exporter sends as %s, and passes over what is no decision', async (how, Exporter, compression) => {
  const before = await metric('countersign_otlp_spans_total{result="passed_over"}');
  vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', compression);
  await serve(new Exporter({ url: url() }), [
    ['GET /mail', { 'http.route': '/mail' }],
    ['decide', decision(how)],
  ]);
  vi.unstubAllEnvs();
  expect(await onRecord(how)).toMatchObject([
    { source: 'mail-service', data: { route: 'human', features: { length: 812 }, output: { label: 'spam' } } },
  ]);
  expect(await metric('countersign_otlp_spans_total{result="passed_over"}')).toBe(before + 1);
});

it('puts before people what nobody says was done, and what was done without being allowed', async () => {
  const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'delete_mail' };
  await serve(new ProtobufExporter({ url: url() }), [
    ['decide', decision('left-to-people')],
    // What the policy lets the AI do by itself, and nothing has stopped it.
    ['decide', decision('allowed', { 'decision.route': 'auto' })],
    [
      'execute_tool delete_mail',
      { ...tool, 'gen_ai.conversation.id': 'promoted', 'gen_ai.tool.call.arguments': '{"id":7}' },
    ],
  ]);
  await onRecord('allowed');
  // Nobody without the key can try out which mail it was.
  const hash = `hmac-sha256:${createHmac('sha256', hashKey).update('{"id":7}').digest('hex')}`;
  expect(await onRecord('promoted')).toMatchObject([{ data: { input_snapshot: { hash } } }]);
  const { rows } = await database.query(
    `SELECT task_id, reason, executed, model_name, label FROM review_case
     WHERE task_id IN ('left-to-people', 'allowed', 'promoted') ORDER BY task_id`,
  );
  expect(rows).toEqual([
    { task_id: 'left-to-people', reason: 'automation_level', executed: false, model_name: 'spam-logit', label: 'spam' },
    { task_id: 'promoted', reason: 'automation_level', executed: true, model_name: 'helper', label: 'delete_mail' },
  ]);
});

it('records a span once, however often it is sent', async () => {
  const body = spansInJson([decision('repeated')], ['0b'.repeat(8)]);
  for (let i = 0; i < 3; i++) expect((await post(body)).status).toBe(200);
  await onRecord('repeated');
  // Beyond the window in which JetStream knows what it has had, too.
  await daemon?.stop();
  const operator = await connect({
    servers: nats.url,
    user: 'daemon',
    pass: passwords.daemon,
    inboxPrefix: '_INBOX_daemon',
  });
  await (await jetstreamManager(operator)).streams.delete(streams.events);
  await operator.close();
  daemon = await start();
  expect((await post(body)).status).toBe(200);
  await eventually('the duplicate', async () => (await metric('countersign_ingest_duplicates_total')) || null);
  expect(await recordsOf('repeated')).toHaveLength(1);
  expect(await metric('countersign_dead_letters_total{reason="duplicate_id"}')).toBe(0);
});

it('says which span is wrong in what, and takes the others', async () => {
  const wrong = decision('wrong', { 'decision.confidence': 7 });
  const answer = await post(spansInJson([wrong, decision('right')], ['0c'.repeat(8), '0d'.repeat(8)]));
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    partialSuccess: {
      rejectedSpans: '1',
      errorMessage: `span "decide" (${'0a'.repeat(16)}:${'0c'.repeat(8)}): decision.confidence is 7, it must be <= 1. Set the probability in [0, 1] that the output is right.`,
    },
  });
  await onRecord('right');
  expect(await recordsOf('wrong')).toEqual([]);
  expect(await metric('countersign_otlp_spans_total{result="rejected"}')).toBe(1);
});

it('tells the exporter to come again while NATS is away, and has all of it then', async () => {
  const port = Number(new URL(nats.url).port);
  await nats.stop();
  // The daemon's metrics need NATS, but the daemon runs in this process.
  const refusals: unknown[] = [];
  const listen = (message: unknown) => {
    const { response } = message as { response: ServerResponse };
    if (response.statusCode === 503) refusals.push(response);
  };
  subscribe('http.server.response.finish', listen);
  const body = spansInJson([decision('by-hand')], ['0e'.repeat(8)]);
  const refused = await post(body);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await refused.json()).toEqual({ code: 14, message: expect.stringContaining('Send the same request again') });
  // The exporter does by itself what it was told.
  const serving = serve(new ProtobufExporter({ url: url(), timeoutMillis: 30_000 }), [
    ['decide', decision('by-itself')],
  ]);
  await eventually('the exporter to be refused', async () => (refusals.length >= 2 ? true : null), 20_000);
  unsubscribe('http.server.response.finish', listen);
  nats = await startNats(inject('natsServer'), join(loop.directory, 'nats'), passwords, port);
  await serving;
  await eventually('the same request to be taken', async () => ((await post(body)).ok ? true : null), 20_000);
  await onRecord('by-itself');
  await onRecord('by-hand');
  expect([await recordsOf('by-itself'), await recordsOf('by-hand')].map(({ length }) => length)).toEqual([1, 1]);
}, 90_000);

it('refuses what cannot be read or is too large, and goes on', async () => {
  const protobuf = { 'content-type': 'application/x-protobuf' };
  const gzipped = { 'content-encoding': 'gzip' };
  const statusOf = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    (await post(body, headers)).status;
  const bomb = Uint8Array.from(gzipSync(Buffer.alloc(64 * 1_048_576)));
  expect(bomb.length).toBeLessThan(100_000);
  expect(await statusOf('{"resourceSpans":')).toBe(400);
  expect(await statusOf(Uint8Array.of(0x0a, 0xff), protobuf)).toBe(400);
  expect(await statusOf('no gzip', gzipped)).toBe(400);
  expect(await statusOf(bomb, { ...protobuf, ...gzipped })).toBe(413);
  expect(await statusOf(new Uint8Array(9 * 1_048_576), protobuf)).toBe(413);
  expect(await statusOf('{}', { 'content-encoding': 'br' })).toBe(415);
  expect(await statusOf('{}', { 'content-type': 'text/plain' })).toBe(415);
  expect(await statusOf('{}', { origin: 'https://example.com' })).toBe(403);
  for (const path of ['/v1/metrics', '/v1/logs', '/']) {
    const answer = await fetch(`${daemon?.otlpAddress}${path}`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('POST to /v1/traces');
  }
  // Its errors are in the sender's encoding.
  const answer = await post(Uint8Array.of(0x0a, 0xff), protobuf);
  expect(answer.headers.get('content-type')).toBe('application/x-protobuf');
  expect(Buffer.from(await answer.arrayBuffer()).toString()).toContain('no ExportTraceServiceRequest');
  await serve(new ProtobufExporter({ url: url() }), [['decide', decision('after-all-that')]]);
  await onRecord('after-all-that');
  expect(await metric('countersign_otlp_requests_total{status="413"}')).toBe(2);
});

/** One whose body does not come; it has the listener's attention from its headers on. */
function openRequest(): { readonly started: Promise<void>; readonly end: () => void } {
  const { hostname, port } = new URL(url());
  const socket = openSocket(Number(port), hostname);
  const head = `POST /v1/traces HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n`;
  socket.on('error', () => undefined);
  const started = new Promise<void>((resolve) => socket.once('connect', () => socket.write(head, () => resolve())));
  return { started, end: () => void socket.destroy() };
}

it('takes no more at once than it can hold, and says so', async () => {
  const slow = Array.from({ length: 16 }, () => openRequest());
  await Promise.all(slow.map(({ started }) => started));
  const putOff = await eventually('one to be put off', async () => {
    const answer = await post('{}');
    return answer.status === 503 ? answer : null;
  });
  expect([putOff.headers.get('retry-after'), await putOff.json()]).toMatchObject(['2', { code: 14 }]);
  for (const { end } of slow) end();
  const taken = await eventually('room', async () => {
    const answer = await post('{}');
    return answer.ok ? answer : null;
  });
  expect(await taken.json()).toEqual({});
});

it('wants the token of whoever sends', async () => {
  await daemon?.stop();
  daemon = await start({ COUNTERSIGN_OTLP_TOKEN: token });
  for (const authorization of [undefined, `Bearer ${token}x`, token]) {
    const answer = await post('{}', authorization === undefined ? {} : { authorization });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  }
  const headers = { authorization: `Bearer ${token}` };
  await serve(new ProtobufExporter({ url: url(), headers }), [['decide', decision('with-token')]]);
  await onRecord('with-token');
});

interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** An authority, certificates by it for a server and a client, and one that it did not sign. */
function makeCertificates(directory: string) {
  const at = (name: string) => join(directory, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const make = (name: string, ...signed: string[]): KeyPair => {
    const [cert, key] = [at(`${name}.pem`), at(`${name}.key`)];
    const fresh = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
    openssl(...fresh, '-subj', `/CN=${name}`, '-keyout', key, '-out', cert, ...signed);
    return { cert, key };
  };
  const ca = make('ca');
  const by = ['-CA', ca.cert, '-CAkey', ca.key, '-addext', 'basicConstraints=critical,CA:FALSE'];
  return {
    ca: ca.cert,
    server: make('server', ...by, '-addext', 'subjectAltName=IP:127.0.0.1'),
    client: make('client', ...by),
    stranger: make('stranger'),
  };
}

/** The status of a request for nothing in particular. */
const knock = (options: object): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asked = request(`${daemon?.otlpAddress}/`, { ...options, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });

it('wants the certificate of whoever sends', async () => {
  const refusedByTls = /certificate|alert|socket|ECONNRESET/i;
  const { ca, server, client, stranger } = makeCertificates(loop.directory);
  await daemon?.stop();
  daemon = await start({
    COUNTERSIGN_OTLP_TLS_CERT_FILE: server.cert,
    COUNTERSIGN_OTLP_TLS_KEY_FILE: server.key,
    COUNTERSIGN_OTLP_TLS_CLIENT_CA_FILE: ca,
  });
  expect(daemon.otlpAddress).toMatch(/^https:/);
  const read = (path: string) => readFileSync(path);
  const agent = { ca: read(ca), cert: read(client.cert), key: read(client.key) };
  await serve(new ProtobufExporter({ url: url(), httpAgentOptions: agent }), [
    ['decide', decision('with-certificate')],
  ]);
  await onRecord('with-certificate');
  await expect(knock({ ca: read(ca) })).rejects.toThrow(refusedByTls);
  await expect(knock({ ca: read(ca), cert: read(stranger.cert), key: read(stranger.key) })).rejects.toThrow(
    refusedByTls,
  );
  expect(await knock(agent)).toBe(404);
});
