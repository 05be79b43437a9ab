/** A real Prometheus that holds given samples: so that what a dashboard asks for is asked and answered. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** With samples in OpenMetrics text, however old. `directory` is empty. */
export async function startPrometheus(programs: string, directory: string, samples: string): Promise<Prometheus> {
  const [text, data, config] = ['samples.txt', 'data', 'prometheus.yml'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(data, { recursive: true });
  writeFileSync(text, samples);
  writeFileSync(config, 'global: {}\n');
  execFileSync(join(programs, 'promtool'), ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', text, data], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${await freePort()}`;
  const server = run({
    command: join(programs, 'prometheus'),
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=${new URL(url).host}`,
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
