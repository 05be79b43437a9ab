/**
 * What `npm start`, `npm test`, `npm run demo` and `npm run bench` run first. Works on the machine's own Node, 20 or later,
 * with nothing installed: installs the locked packages when they are not there, then goes on with the Node they bring.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [command, ...args] = process.argv.slice(2);
const node = join(root, 'node_modules/node/bin/node');
const stamp = join(root, 'node_modules/.countersign-installed');

install();
run(join('stack', `${command}.ts`));

/** Once for each state of the lock file. */
function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stdout.write('• packages: installing what the lock file names, a minute or two …\n');
  const installed = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (installed.status !== 0 || !existsSync(node)) {
    process.stderr.write('countersign: npm ci failed. It needs the npm registry; what it printed is above.\n');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

/** As the only child; it gets the terminal's Ctrl-C itself, and what only we get is passed on. */
function run(script) {
  const environment = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` };
  // The scripts here use the packages' sources: what they build is for the processes that they start.
  const child = spawn(node, ['--conditions=countersign-source', join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: environment,
  });
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const parent = process.ppid;
  // npm was killed: nobody waits for us any more.
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1_000).unref();
  child.on('exit', (code, signal) => {
    if (signal !== null && signal !== 'SIGINT') process.stderr.write(`countersign: it was ended by ${signal}\n`);
    process.exit(code ?? (signal === 'SIGINT' ? 130 : 1));
  });
}
