/** What a command of the command line is made of. */
import { parseArgs, type ParseArgsConfig } from 'node:util';

export interface Command {
  /** For the overview: how it is called and what it does, one pair a way. */
  readonly summary: readonly (readonly [call: string, does: string])[];
  /** All there is to know, for `--help`. */
  readonly help: string;
  /** Exit code. */
  run(args: readonly string[]): Promise<number> | number;
}

/** The command was called in a way that there is not; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Throws a UsageError for an option that there is not. */
export function parse<O extends Options>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

export function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

export function complain(error: unknown): number {
  process.stderr.write(`countersign: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}
