/** `npm run bench`: the product's numbers, each beside its goal. Names of benchmarks as arguments run just those. */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { buildAll } from './build.ts';
import { benchmarkApp } from './bench/app.ts';
import { benchmarkBreaker } from './bench/breaker.ts';
import { benchmarkFalseAlarms } from './bench/false-alarms.ts';
import { benchmarkIngest } from './bench/ingest.ts';
import { benchmarkInstrumentation } from './bench/instrumentation.ts';
import { benchmarkLedger } from './bench/ledger.ts';
import { benchmarkMonitors } from './bench/monitors.ts';
import type { Figure } from './bench/figure.ts';

const usage = `npm run bench: the product's numbers, each beside its goal

  npm run bench                        all of them
  npm run bench -- ledger ingest       some: instrumentation, monitors, false-alarms, ledger, ingest, breaker, app
  npm run bench -- ledger --rows N     with a log of N records (10,000,000, which takes 15 GB and some minutes)
  npm run bench -- monitors --rows N   with N events (10,000,000, a minute or two)
  npm run bench -- false-alarms --runs N   with N simulated quarters a setting (1,000, some minutes); only by name
`;

const benchmarks: Readonly<Record<string, (rows: number, runs: number) => Promise<Figure[]>>> = {
  instrumentation: benchmarkInstrumentation,
  monitors: benchmarkMonitors,
  'false-alarms': benchmarkFalseAlarms,
  ledger: benchmarkLedger,
  ingest: benchmarkIngest,
  breaker: benchmarkBreaker,
  app: benchmarkApp,
};

const { names, rows, runs } = readArguments();
/** Run only when asked for: a simulation, not a measurement of this machine. */
const onRequest = ['false-alarms'];
await buildAll();
process.stdout.write(
  `Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}\n\n`,
);
for (const [name, run] of Object.entries(benchmarks)) {
  if (names.length > 0 ? !names.includes(name) : onRequest.includes(name)) continue;
  for (const { what, measured, goal, met } of await run(rows, runs)) {
    const verdict = met === null ? '    ' : met ? 'met ' : 'MISS';
    process.stdout.write(`${verdict}  ${name.padEnd(16)} ${what.padEnd(76)} ${measured.padStart(18)}   ${goal}\n`);
  }
}

function readArguments(): { names: readonly string[]; rows: number; runs: number } {
  try {
    const options = {
      rows: { type: 'string', default: '10000000' },
      runs: { type: 'string', default: '1000' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    const wantedRows = wholeNumber(values.rows, 'rows', 1_000);
    const wantedRuns = wholeNumber(values.runs, 'runs', 1);
    const unknown = positionals.filter((name) => !Object.hasOwn(benchmarks, name));
    if (unknown.length > 0) throw new Error(`there is no benchmark ${unknown.join(', ')}`);
    return { names: positionals, rows: wantedRows, runs: wantedRuns };
  } catch (error) {
    process.stderr.write(`countersign: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

function wholeNumber(text: string, option: string, least: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= least) return count;
  throw new Error(`--${option} is "${text}", want a whole number from ${least}`);
}
