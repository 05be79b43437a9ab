/** Format, types and lint: what can be said of the sources without running them. Two at a time, for most keep one core busy. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
type Check = readonly [name: string, command: string, ...args: string[]];
const checks: Check[] = [
  // The longest first.
  ['what the app uses of Grafana', 'node', 'grafana-plugin/apis.ts'],
  ['format', 'prettier', '--check', '.'],
  ['types', 'tsc', '-p', '.'],
  ['types of the preview of dashboards', 'tsc', '-p', 'dashboards/preview/page'],
  ['types of the app', 'tsc', '-p', 'grafana-plugin'],
  ['types of the app in Grafana 13', 'tsc', '-p', 'stack/grafana-13'],
  ['lint', 'oxlint'],
];

await Promise.all([work(), work()]);

async function work(): Promise<void> {
  for (let next = checks.shift(); next !== undefined; next = checks.shift()) await check(next);
}

/** All are run, so that whoever mends one hears of the others as well. */
function check([name, command, ...args]: Check): Promise<void> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: root, maxBuffer: 16_777_216 }, (error, stdout, stderr) => {
      if (error === null) {
        process.stdout.write(`• ${name}: good\n`);
      } else {
        process.stderr.write(`${stdout}${stderr}countersign: the check of ${name} failed; what it says is above.\n`);
        process.exitCode = 1;
      }
      resolve();
    });
  });
}
