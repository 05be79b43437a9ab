/** `npm test`: gets what the tests need, builds, and runs all of them. Arguments go to vitest. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildAll } from './build.ts';
import { findChromium } from './chromium.ts';
import { findNatsServer } from './nats.ts';
import { findAlertmanager, findPrometheus } from './prometheus.ts';

const root = join(import.meta.dirname, '..');
const tools = join(root, '.countersign/tools');

try {
  process.stdout.write('• build, NATS, Chromium, Prometheus and Alertmanager …\n');
  const built = buildAll();
  // Said once, below.
  built.catch(() => undefined);
  findNatsServer(tools);
  findChromium(tools);
  findPrometheus(tools);
  findAlertmanager(tools);
  await built;
} catch (error) {
  process.stderr.write(`countersign: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
// The tests start the daemon and its like some hundred times: what was compiled is not compiled again.
const env = { ...process.env, NODE_COMPILE_CACHE: join(tools, 'compile-cache') };
const done = spawnSync('vitest', ['run', ...process.argv.slice(2)], { cwd: root, stdio: 'inherit', env });
process.exitCode = done.status ?? 1;
