/** Format, types and lint: what can be said of the sources without running them. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format', 'prettier', '--check', '.'],
  ['types', 'tsc', '-p', '.'],
  ['types of the preview of dashboards', 'tsc', '-p', 'dashboards/preview/page'],
  ['types of the app', 'tsc', '-p', 'grafana-plugin'],
  ['types of the app in Grafana 13', 'tsc', '-p', 'stack/grafana-13'],
  ['what the app uses of Grafana', 'node', 'grafana-plugin/apis.ts'],
  ['lint', 'oxlint'],
];

for (const [name, command, ...args] of checks) {
  process.stdout.write(`• ${name} …\n`);
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) {
    process.stderr.write(`countersign: the check of ${name} failed; what it says is above.\n`);
    process.exit(1);
  }
}
