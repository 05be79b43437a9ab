/** Writes what Grafana reads: one file a dashboard. A test holds the committed files to what this writes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboards, textOf } from './dashboards.ts';

const folder = join(import.meta.dirname, '../json');
mkdirSync(folder, { recursive: true });
for (const [name, dashboard] of Object.entries(dashboards))
  writeFileSync(join(folder, `${name}.json`), textOf(dashboard));
