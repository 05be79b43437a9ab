/** Where services that nobody wrote for this product are run: a provider of models, a real NATS, and what they are seen to do. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { buckets, streams, type AiDecisionEvent, type Authority, type PromoteRule } from '@countersign/contract';
import { startNats } from './nats.ts';
import { startStandInProvider } from './stand-in-provider.ts';
import { passwords } from './test-loop.ts';
import { bareEnvironment } from './process.ts';

export interface ServiceStage {
  readonly directory: string;
  /** Runs a service to its end, as its `npm start` would. */
  run(service: string, options?: RunOptions): Promise<Ended>;
  events(): Promise<AiDecisionEvent[]>;
  /** As the daemon does. */
  distribute(document: Authority): Promise<void>;
  readonly natsPid: number;
  /** While `work` goes on, events go nowhere; the stream is a new one after it. */
  withoutStream(work: () => Promise<void>): Promise<void>;
  /** Of the services that were run `traced`. */
  spans(): readonly ExportedSpan[];
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export interface RunOptions {
  readonly rules?: readonly PromoteRule[];
  readonly env?: Record<string, string>;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly node?: string;
  /** What is imported before the service; `register` is ours. */
  readonly imports?: readonly string[];
  readonly traced?: boolean;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface ExportedSpan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

export const packageDirectory = join(import.meta.dirname, '../otel-instrumentation');
export const register = join(packageDirectory, 'dist/register.js');
export const node22 = join(import.meta.dirname, 'node-22/node_modules/node/bin/node');

export async function startServiceStage(natsServer: string): Promise<ServiceStage> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-services-'));
  const provider = await startStandInProvider();
  const collector = await startCollector();
  const nats = await startNats(natsServer, directory, passwords);
  const daemon = { user: 'daemon', pass: passwords.daemon, inboxPrefix: '_INBOX_daemon' };
  const operator = await connect({ servers: nats.url, ...daemon });
  const manager = await jetstreamManager(operator);
  const addStream = () => manager.streams.add({ name: streams.events, subjects: ['countersign.events.>'] });
  await addStream();
  const authority = await new Kvm(operator).create(buckets.authority);
  const environment = {
    ...bareEnvironment(),
    PROVIDER_URL: provider.url,
    NATS_URL: nats.url,
    NATS_USER: 'service',
    NATS_PASSWORD: passwords.service,
    COUNTERSIGN_SPOOL: join(directory, 'spool'),
  };
  return {
    directory,
    run(service, options = {}) {
      const { rules = [], env = {}, args = [], cwd = packageDirectory, traced = false } = options;
      const { node = process.execPath, imports = [register] } = options;
      const child = spawn(node, [...imports.flatMap((one) => ['--import', one]), service, ...args], {
        cwd,
        env: {
          ...environment,
          COUNTERSIGN_PROMOTE: JSON.stringify(rules),
          ...(traced ? exportTo(collector.url) : {}),
          ...env,
        },
        timeout: 20_000,
      });
      let [out, err] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
    },
    async events() {
      const { state } = await manager.streams.info(streams.events);
      const found: AiDecisionEvent[] = [];
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const message = await manager.streams.getMessage(streams.events, { seq });
        if (message !== null) found.push(message.json());
      }
      return found;
    },
    async distribute(document) {
      await authority.put(document.workflow_id, JSON.stringify(document));
    },
    natsPid: nats.pid,
    async withoutStream(work) {
      await manager.streams.delete(streams.events);
      try {
        await work();
      } finally {
        await addStream();
      }
    },
    spans: () => collector.spans,
    async clear() {
      collector.spans.length = 0;
      await manager.streams.purge(streams.events);
    },
    async stop() {
      await operator.close();
      await nats.stop();
      await provider.stop();
      collector.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const exportTo = (url: string): Record<string, string> => ({
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_LOG_LEVEL: 'error',
});

/** As OTLP's JSON has it, where of a value only the kind that it is of is set. */
interface Exported {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[] }[];
}
interface OtlpSpan {
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, string>> }[];
}

async function startCollector() {
  const spans: ExportedSpan[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { resourceSpans } = JSON.parse(body) as Exported;
      for (const { name, attributes } of resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap((s) => s.spans),
      )) {
        const values = attributes.map(({ key, value }) => [key, Object.values(value)[0] ?? ''] as const);
        spans.push({ name, attributes: Object.fromEntries(values) });
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
