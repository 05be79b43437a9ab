/** `npm run preview -w dashboards`: the dashboards with the story's data, to be looked at in a browser while one changes them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dashboards } from '../src/dashboards.ts';
import { findPrometheus, startPrometheus } from '../../stack/prometheus.ts';
import { previewUrl, startPreview } from './server.ts';
import { storySamples } from './story.ts';

const directory = mkdtempSync(join(tmpdir(), 'countersign-dashboards-'));
const programs = findPrometheus(join(import.meta.dirname, '../../.countersign/tools'));
const prometheus = await startPrometheus(programs, join(directory, 'prometheus'), storySamples());
const preview = await startPreview(prometheus.url, join(directory, 'page'));
for (const name of Object.keys(dashboards)) process.stdout.write(`${previewUrl(preview, name)}\n`);

const stop = async () => {
  await preview.stop();
  await prometheus.stop();
  rmSync(directory, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
