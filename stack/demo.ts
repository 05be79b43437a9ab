/** `npm run demo`: joins the stack that runs, as one more service. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { buildPackages } from './build.ts';
import { runningStack } from './stack.ts';

const root = join(import.meta.dirname, '..');
const directory = resolve(process.env['COUNTERSIGN_STATE'] ?? join(root, '.countersign'));
const note = runningStack(directory);
if (note === null && !process.argv.includes('--help')) {
  process.stderr.write('countersign: nothing runs that the demo could join. Start it in another terminal: npm start\n');
  process.exit(1);
}
await buildPackages();
// The demo itself ends in good order on Ctrl-C; we wait for it.
process.on('SIGINT', () => undefined);
const done = spawnSync(process.execPath, [join(root, 'demo/dist/main.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...note?.environment, COUNTERSIGN_DEMO_RUNNING: note?.demo ? '1' : '0' },
});
process.exitCode = done.status ?? 1;
