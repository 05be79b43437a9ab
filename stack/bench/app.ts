/** What Grafana has to load before the app is there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { atMost, type Figure } from './figure.ts';

export function benchmarkApp(): Promise<Figure[]> {
  const entry = readFileSync(join(import.meta.dirname, '../../grafana-plugin/dist/plugin/module.js'));
  const kilobytes = gzipSync(entry).length / 1_000;
  return Promise.resolve([atMost('entry bundle, gzipped', kilobytes, 150, (n) => `${n.toFixed(1)} kB`)]);
}
