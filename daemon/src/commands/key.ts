/** `countersign key`. */
import { existsSync } from 'node:fs';
import { formatVerifierKey, parseVerifierKey } from '@countersign/contract/note';
import { ConfigError } from '../config.ts';
import { LastSigned, loadSigningKey, replaceLostKey, rotateKey } from '../ledger/index.ts';
import { parse, print, UsageError, type Command } from './command.ts';

export const key: Command = {
  summary: [
    ['key show', 'print the key that checkpoints are verified with'],
    ['key rotate', 'put a new key in its place, which the old one vouches for'],
  ],
  help: `countersign key show     prints the key that checkpoints are verified with, as C2SP writes it
countersign key rotate   puts a new key in its place; the old one vouches for it and is kept beside it. Restart the daemon
                         afterwards: it puts the change on record and signs with the new key from there on.
  --lost KEY             instead: the key KEY is lost and can vouch for nothing; the one in the file follows it, a new one
                         when there is no file. \`countersign verify\` will ask who knows the new key.

The file is COUNTERSIGN_SIGNING_KEY_FILE, its name in signatures COUNTERSIGN_LOG_ORIGIN.
`,
  run(args) {
    const { values, positionals } = parse(args, { lost: { type: 'string' } });
    const [verb, ...rest] = positionals;
    if (rest.length > 0 || (verb !== 'show' && verb !== 'rotate')) throw new UsageError('key wants "show" or "rotate"');
    const { path, origin } = keyFile(values.lost !== undefined);
    if (verb === 'show') return print(`${formatVerifierKey(loadSigningKey(path, origin).verifier)}\n`);
    if (values.lost !== undefined) {
      if (parseVerifierKey(values.lost) === null)
        throw new UsageError(`--lost is "${values.lost}", which is no verifier key`);
      return print(`${formatVerifierKey(replaceLostKey(path, origin, values.lost))}\n`);
    }
    const rotated = rotateKey(path, origin);
    process.stderr.write(`the old key is kept in ${rotated.kept}; restart the daemon\n`);
    return print(`${formatVerifierKey(rotated.key)}\n`);
  },
};

function keyFile(mayBeNew: boolean): { path: string; origin: string } {
  const path = process.env['COUNTERSIGN_SIGNING_KEY_FILE'];
  if (path === undefined) {
    throw new ConfigError('COUNTERSIGN_SIGNING_KEY_FILE is not set. Set it to the key of the log.');
  }
  if (!existsSync(path) && !mayBeNew)
    throw new ConfigError(`${path} does not exist yet. The daemon makes it when it starts.`);
  const origin = process.env['COUNTERSIGN_LOG_ORIGIN'] ?? 'countersign.local/main';
  const signed = new LastSigned(`${path}.last`).checkpoint?.origin ?? origin;
  if (signed !== origin) {
    throw new ConfigError(
      `COUNTERSIGN_LOG_ORIGIN is ${JSON.stringify(origin)} here, and the key has signed as ${JSON.stringify(signed)}. ` +
        'Set it as the daemon has it.',
    );
  }
  return { path, origin };
}
