#!/usr/bin/env node
/** The command `countersign`. */
import { complain, print, UsageError, type Command } from './commands/command.ts';
import { daemon, migrations } from './commands/daemon.ts';
import { drill } from './commands/drill.ts';
import { erase } from './commands/erase.ts';
import { gate, model } from './commands/model.ts';
import { key } from './commands/key.ts';
import { metrics } from './commands/metrics.ts';
import { policy } from './commands/policy.ts';
import { reference } from './commands/reference.ts';
import { replay } from './commands/replay.ts';
import { verify } from './commands/verify.ts';
import { witness } from './commands/witness.ts';

const commands: Readonly<Record<string, Command>> = {
  daemon,
  migrate: migrations,
  policy,
  drill,
  model,
  gate,
  reference,
  replay,
  key,
  verify,
  witness,
  erase,
  metrics,
};

const usage = `countersign: watches the loop between AI and people

${Object.values(commands)
  .flatMap(({ summary }) => summary)
  .map(([call, does]) => `  countersign ${call.padEnd(20)} ${does}\n`)
  .join('')}
countersign COMMAND --help says more.
`;

process.exitCode = await run(process.argv.slice(2));

async function run([name = '', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') return print(usage);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`countersign: there is no command "${name}".\n\n${usage}`);
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) return print(command.help);
  try {
    return await command.run(args);
  } catch (error) {
    if (!(error instanceof UsageError)) return complain(error);
    process.stderr.write(`countersign: ${error.message}\n\n${command.help}`);
    return 2;
  }
}
