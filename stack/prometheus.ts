/** A real Prometheus that holds given samples, or measures a daemon: so that what dashboards and rules ask for is asked and answered. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { findProgram, installPackages, unpackPackages } from './packages.ts';
import { freePort, run } from './process.ts';

export interface Prometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/** The folder that has `prometheus` and `promtool`. Throws what to do when there is none. */
export function findPrometheus(tools: string): string {
  const folder = (program: string) => program.slice(0, program.lastIndexOf('/'));
  const found = findProgram('promtool');
  if (found !== null && existsSync(join(folder(found), 'prometheus'))) return folder(found);
  const unpacked = join(tools, 'prometheus');
  const programs = join(unpacked, 'usr/bin');
  if (existsSync(join(programs, 'promtool')) || unpackPackages(['prometheus'], unpacked)) return programs;
  if (installPackages(['prometheus'])) return '/usr/bin';
  throw new Error(
    'Dashboards and alert rules are tested with Prometheus, and it cannot be had here: apt-get install prometheus',
  );
}

/** The program `amtool`. Throws what to do when there is none. */
export function findAlertmanager(tools: string): string {
  const found = findProgram('amtool');
  if (found !== null) return found;
  const unpacked = join(tools, 'alertmanager');
  const program = join(unpacked, 'usr/bin/amtool');
  if (existsSync(program) || unpackPackages(['prometheus-alertmanager'], unpacked)) return program;
  if (installPackages(['prometheus-alertmanager'])) return '/usr/bin/amtool';
  throw new Error(
    'The tests of routes need Alertmanager, and it cannot be had here: apt-get install prometheus-alertmanager',
  );
}

/** The server. Unpacked it does not run: it reads its templates below /usr/share, and nowhere else. */
export function findAlertmanagerServer(): string {
  const name = 'prometheus-alertmanager';
  const found = findProgram(name) ?? (installPackages([name]) ? findProgram(name) : null);
  if (found !== null) return found;
  throw new Error(`Inhibitions are tested with Alertmanager, and it cannot be had here: apt-get install ${name}`);
}

/** With samples in OpenMetrics text, however old. `directory` is empty. */
export async function startPrometheus(programs: string, directory: string, samples: string): Promise<Prometheus> {
  const [text, data] = [join(directory, 'samples.txt'), join(directory, 'data')];
  mkdirSync(data, { recursive: true });
  writeFileSync(text, samples);
  execFileSync(join(programs, 'promtool'), ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', text, data], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return serve(programs, directory, 'global: {}\n');
}

/** That measures the daemon at `target` (host and port) and evaluates rule files more often than usual, for stories of minutes. `directory` is empty. */
export function startMeasuring(
  programs: string,
  directory: string,
  target: string,
  rules: readonly string[],
): Promise<Prometheus> {
  const paths = rules.map((path, i) => {
    const copy = join(directory, `rules-${i}.yaml`);
    mkdirSync(directory, { recursive: true });
    // As they are, but evaluated so often that what stands for seconds is seen, and over soon after it is.
    const often = readFileSync(path, 'utf8').replaceAll(/^ {4}interval: .*$/gm, '    interval: 5s');
    writeFileSync(copy, often.replaceAll(/keep_firing_for: \w+/g, 'keep_firing_for: 15s'));
    return copy;
  });
  const config = {
    global: { scrape_interval: '2s', evaluation_interval: '5s', external_labels: { grafana_url: 'http://grafana' } },
    rule_files: paths,
    scrape_configs: [{ job_name: 'countersign', static_configs: [{ targets: [target] }] }],
  };
  return serve(programs, directory, stringify(config), '--enable-feature=exemplar-storage');
}

async function serve(programs: string, directory: string, config: string, ...more: string[]): Promise<Prometheus> {
  const [data, file] = [join(directory, 'data'), join(directory, 'prometheus.yml')];
  mkdirSync(data, { recursive: true });
  writeFileSync(file, config);
  const url = `http://127.0.0.1:${await freePort()}`;
  const server = run({
    command: join(programs, 'prometheus'),
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=${new URL(url).host}`,
      ...more,
    ],
    stopSignal: 'SIGTERM',
    output: (line) => void line,
  });
  for (let tries = 0; tries < mostTries; tries++) {
    const isReady = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return { url, stop: async () => void (await server.stop()) };
    await new Promise((resolve) => void setTimeout(resolve, 100));
  }
  await server.stop();
  throw new Error('Prometheus did not get ready');
}
const mostTries = 200;

/** Whether a query has given any series in the last minutes. Throws what Prometheus says of a query that it does not take. */
export async function hasAnswered({ url }: Prometheus, query: string, minutes: number): Promise<boolean> {
  const end = Date.now() / 1_000;
  const asked = { query, start: String(end - minutes * 60), end: String(end), step: '5' };
  const response = await fetch(`${url}/api/v1/query_range?${new URLSearchParams(asked).toString()}`);
  const body = (await response.json()) as
    | { readonly status: 'success'; readonly data: { readonly result: readonly unknown[] } }
    | { readonly status: 'error'; readonly error: string };
  if (body.status === 'error') throw new Error(`${body.error}: ${query}`);
  return body.data.result.length > 0;
}

/** The series that a query gives now. Throws what Prometheus says of a query that it does not take. */
export async function askPrometheus({ url }: Prometheus, query: string): Promise<readonly MeasuredSeries[]> {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
  const body = (await response.json()) as
    | { readonly status: 'success'; readonly data: { readonly result: readonly MeasuredSeries[] } }
    | { readonly status: 'error'; readonly error: string };
  if (body.status === 'error') throw new Error(`${body.error}: ${query}`);
  return body.data.result;
}
export interface MeasuredSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [at: number, value: string];
}
