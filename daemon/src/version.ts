/** The version of the daemon, as its package says. */
import { readFileSync } from 'node:fs';

const { version: said } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export const version: string = said;
