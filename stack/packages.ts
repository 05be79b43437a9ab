/** Programs from Debian's or Ubuntu's packages: found, or fetched and unpacked beside us without installing anything. */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first of these that can be run: a name on PATH, or in the folders of system programs that PATH may leave out. */
export function findProgram(...names: readonly string[]): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/usr/local/bin'];
  for (const name of names) {
    const found = folders.map((folder) => join(folder, name)).find(isProgram);
    if (found !== undefined) return found;
  }
  return null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Downloads packages (not what they depend on) and unpacks them below `into`. Needs no rights. False when it cannot. */
export function unpackPackages(packages: readonly string[], into: string): boolean {
  if (findProgram('apt-get') === null || findProgram('dpkg') === null) return false;
  const downloads = `${into}.download`;
  mkdirSync(downloads, { recursive: true });
  mkdirSync(into, { recursive: true });
  try {
    if (!apt(['download', ...packages], downloads) && !(refreshLists() && apt(['download', ...packages], downloads)))
      return false;
    for (const file of readdirSync(downloads).filter((name) => name.endsWith('.deb'))) {
      execFileSync('dpkg', ['-x', join(downloads, file), into], { stdio: 'ignore' });
    }
    return true;
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
}

/** Installs packages as root, or with sudo where it asks nothing. */
export function installPackages(packages: readonly string[]): boolean {
  if (findProgram('apt-get') === null) return false;
  const args = ['install', '-y', '--no-install-recommends', ...packages];
  return apt(args, '/', true) || (refreshLists() && apt(args, '/', true));
}

/** What would have to be installed for these, themselves included. */
export function missingPackages(packages: readonly string[]): string[] {
  const simulated = spawnSync('apt-get', ['install', '--simulate', '--no-install-recommends', ...packages], {
    encoding: 'utf8',
  });
  return [...(simulated.stdout ?? '').matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '');
}

let refreshed = false;
function refreshLists(): boolean {
  if (refreshed) return true;
  refreshed = apt(['update'], '/', true);
  return refreshed;
}

function apt(args: readonly string[], cwd: string, privileged = false): boolean {
  const root = process.getuid?.() === 0;
  if (privileged && !root && findProgram('sudo') === null) return false;
  const command = privileged && !root ? ['sudo', '-n', 'apt-get'] : ['apt-get'];
  const [program = 'apt-get', ...before] = command;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(program, [...before, ...args], { cwd, env, stdio: 'ignore', timeout: 600_000 }).status === 0;
}
