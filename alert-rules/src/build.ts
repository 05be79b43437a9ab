/** Writes the files of rules, and the table in docs/alerts.md. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { grafanaFile, groups, operatorFile, prometheusFile } from './files.ts';
import { tableOfAlerts } from './page.ts';

const root = join(import.meta.dirname, '..');
mkdirSync(join(root, 'prometheus'), { recursive: true });
mkdirSync(join(root, 'grafana'), { recursive: true });
for (const [name, group] of Object.entries(groups))
  writeFileSync(join(root, `prometheus/${name}.yaml`), prometheusFile(group));
writeFileSync(join(root, 'grafana/alert-rules.yaml'), grafanaFile());
writeFileSync(join(root, '../deploy/kustomize/components/prometheus-rules/prometheus-rule.yaml'), operatorFile());
const page = join(root, '../docs/alerts.md');
const [before, , after] = readFileSync(page, 'utf8').split(/<!-- (?:alerts|end) -->/);
writeFileSync(page, `${before}<!-- alerts -->\n\n${tableOfAlerts()}\n\n<!-- end -->${after}`);
