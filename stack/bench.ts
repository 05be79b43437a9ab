/** `npm run bench`: the product's numbers, each beside its goal. Names of benchmarks as arguments run just those. */
import { availableParallelism, cpus } from 'node:os';
import { buildApp, buildPackages } from './build.ts';
import { benchmarkApp } from './bench/app.ts';
import { benchmarkIngest } from './bench/ingest.ts';
import { benchmarkInstrumentation } from './bench/instrumentation.ts';
import { benchmarkLedger } from './bench/ledger.ts';
import { benchmarkMonitors } from './bench/monitors.ts';
import type { Figure } from './bench/figure.ts';

const benchmarks: Readonly<Record<string, () => Promise<Figure[]>>> = {
  instrumentation: benchmarkInstrumentation,
  monitors: benchmarkMonitors,
  ledger: benchmarkLedger,
  ingest: benchmarkIngest,
  app: benchmarkApp,
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(benchmarks, name));
if (unknown.length > 0) {
  process.stderr.write(
    `countersign: there is no benchmark ${unknown.join(', ')}. There are ${Object.keys(benchmarks).join(', ')}.\n`,
  );
  process.exit(2);
}
buildPackages();
buildApp();
process.stdout.write(
  `Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}\n\n`,
);
for (const [name, run] of Object.entries(benchmarks)) {
  if (names.length > 0 && !names.includes(name)) continue;
  for (const { what, measured, goal, met } of await run()) {
    const verdict = met === null ? '    ' : met ? 'met ' : 'MISS';
    process.stdout.write(`${verdict}  ${name.padEnd(16)} ${what.padEnd(64)} ${measured.padStart(18)}   ${goal}\n`);
  }
}
