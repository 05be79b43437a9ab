/** `countersign daemon` and `countersign migrate`. */
import { readConfig, readSecret, variables } from '../config.ts';
import { migrate } from '../database/index.ts';
import { startDaemon } from '../main.ts';
import { complain, parse, print, UsageError, type Command } from './command.ts';

export const daemon: Command = {
  summary: [['daemon', 'run the daemon until SIGINT or SIGTERM']],
  help: `countersign daemon: reads its configuration from the environment

${variables
  .map(([name, fallback, help]) => {
    const note = fallback === null ? 'required' : fallback === '' ? 'optional' : `default ${fallback}`;
    return `  ${name.padEnd(30)} ${help} (${note})`;
  })
  .join('\n')}

A secret may be in a file: set NAME_FILE to its path instead of NAME.
`,
  async run(args) {
    if (parse(args, {}).positionals.length > 0) throw new UsageError('the daemon takes no arguments');
    const running = await startDaemon(readConfig(process.env));
    const asked = new Promise<null>((resolve) => {
      process.once('SIGINT', () => resolve(null));
      process.once('SIGTERM', () => resolve(null));
    });
    const failure = await Promise.race([asked, running.failed]);
    await running.stop();
    return failure === null ? 0 : complain(failure);
  },
};

export const migrations: Command = {
  summary: [['migrate', 'make or update the schema and the roles of DATABASE_URL']],
  help: `countersign migrate: makes or updates the schema and the roles of DATABASE_URL, then ends

The login has to be the database's owner and to have CREATEROLE, or to be a superuser. The roles, which nobody logs in as:
  countersign_owner    holds the schema
  countersign_writer   what a daemon acts as; a login for it:
                       CREATE ROLE countersign LOGIN PASSWORD '…' IN ROLE countersign_writer
  countersign_reader   may read the ledger, for auditors, \`countersign verify\` and backups
`,
  async run(args) {
    if (parse(args, {}).positionals.length > 0) throw new UsageError('migrate takes no arguments');
    const ran = await migrate(readSecret('DATABASE_URL', process.env));
    return print(ran.length === 0 ? 'the schema is up to date\n' : ran.map((name) => `${name} done\n`).join(''));
  },
};
