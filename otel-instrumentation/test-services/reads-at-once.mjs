// A program that reads and writes its pipes at once, as those do that nobody told of events.
import { readFileSync, writeFileSync } from 'node:fs';

const given = readFileSync(0, 'utf8');
writeFileSync(1, given.repeat(1_000_000 / given.length));
