/** `npm run demo`: joins the stack that runs, as one more service. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPackages } from './build.ts';
import { notePath, type StackNote } from './stack.ts';

const root = join(import.meta.dirname, '..');
const directory = process.env['COUNTERSIGN_STATE'] ?? join(root, '.countersign');
const path = notePath(directory);
if (!existsSync(path) && !process.argv.includes('--help')) {
  process.stderr.write('countersign: nothing runs that the demo could join. Start it in another terminal: npm start\n');
  process.exit(1);
}
const note = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as StackNote) : null;
buildPackages();
const done = spawnSync(process.execPath, [join(root, 'demo/dist/main.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...note?.environment, COUNTERSIGN_DEMO_RUNNING: note?.demo ? '1' : '0' },
});
process.exitCode = done.status ?? 1;
