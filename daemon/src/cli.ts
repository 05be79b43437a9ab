#!/usr/bin/env node
/** The command `countersign`. */
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { formatVerifierKey } from '@countersign/contract/note';
import { ConfigError, readConfig, readSecret, variables } from './config.ts';
import { migrate } from './database/index.ts';
import { loadSigningKey } from './ledger/index.ts';
import { startDaemon } from './main.ts';
import { checkPolicy, formatProblem, policySchema } from './policies/index.ts';

const usage = `countersign: watches the loop between AI and people

  countersign daemon               run the daemon until SIGINT or SIGTERM
  countersign migrate              make or update the schema and roles of DATABASE_URL, then end
  countersign policy check FILE…   say what is wrong with policies, with line and column
  countersign policy schema        print the JSON Schema of policies, for editors
  countersign key show             print the key that checkpoints are verified with

Options:
  --help   this text; after "daemon", the environment variables it reads
`;

const daemonUsage = `countersign daemon: reads its configuration from the environment

${variables
  .map(([name, fallback, help]) => {
    const note = fallback === null ? 'required' : fallback === '' ? 'optional' : `default ${fallback}`;
    return `  ${name.padEnd(30)} ${help} (${note})`;
  })
  .join('\n')}

A secret may be in a file: set NAME_FILE to its path instead of NAME.
`;

process.exitCode = await run(process.argv.slice(2)).catch(complain);

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: false,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  const unknown = Object.keys(values).find((name) => name !== 'help');
  if (unknown !== undefined) {
    process.stderr.write(`countersign: there is no option "${unknown}".\n\n${usage}`);
    return 2;
  }
  const [command, verb, ...rest] = positionals;
  if (values.help) return print(command === 'daemon' ? daemonUsage : usage);
  if (command === 'daemon' && verb === undefined) return runDaemon();
  if (command === 'migrate' && verb === undefined) return runMigrations();
  if (command === 'policy' && verb === 'check' && rest.length > 0) return checkPolicies(rest);
  if (command === 'policy' && verb === 'schema') return print(policySchema());
  if (command === 'key' && verb === 'show') return showKey();
  process.stderr.write(`countersign: there is no command "${positionals.join(' ')}".\n\n${usage}`);
  return 2;
}

async function runMigrations(): Promise<number> {
  const ran = await migrate(readSecret('DATABASE_URL', process.env));
  return print(ran.length === 0 ? 'the schema is up to date\n' : ran.map((name) => `${name} done\n`).join(''));
}

async function runDaemon(): Promise<number> {
  try {
    const daemon = await startDaemon(readConfig(process.env));
    const asked = new Promise<null>((resolve) => {
      process.once('SIGINT', () => resolve(null));
      process.once('SIGTERM', () => resolve(null));
    });
    const failure = await Promise.race([asked, daemon.failed]);
    await daemon.stop();
    return failure === null ? 0 : complain(failure);
  } catch (error) {
    return complain(error);
  }
}

function checkPolicies(files: readonly string[]): number {
  let bad = 0;
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      bad += 1;
      process.stderr.write(`${file}: cannot be read: ${String(error)}\n`);
      continue;
    }
    const check = checkPolicy(text);
    if (check.is === 'good') {
      process.stdout.write(`${file}: good, ${check.policy.workflow}, ${check.hash}\n`);
    } else {
      bad += 1;
      for (const problem of check.problems) process.stderr.write(`${formatProblem(file, problem)}\n`);
    }
  }
  return bad === 0 ? 0 : 1;
}

function showKey(): number {
  const path = process.env['COUNTERSIGN_SIGNING_KEY_FILE'];
  if (path === undefined)
    return complain(new ConfigError('COUNTERSIGN_SIGNING_KEY_FILE is not set. Set it to the key of the log.'));
  if (!existsSync(path))
    return complain(new ConfigError(`${path} does not exist yet. The daemon makes it when it starts.`));
  const origin = process.env['COUNTERSIGN_LOG_ORIGIN'] ?? 'countersign.local/main';
  return print(`${formatVerifierKey(loadSigningKey(path, origin).verifier)}\n`);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function complain(error: unknown): number {
  process.stderr.write(`countersign: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}
