/** `countersign policy`. */
import { readFileSync } from 'node:fs';
import type { Policy } from '@countersign/contract';
import { checkPolicy, formatProblem, policySchema, policyTypes } from '../policies/index.ts';
import { parse, print, UsageError, type Command } from './command.ts';

export const policy: Command = {
  summary: [
    ['policy check FILE…', 'say what is wrong with policies, with line and column'],
    ['policy schema', 'print the JSON Schema of policies, for editors'],
    ['policy types FILE…', 'print TypeScript types of workflows, for services'],
  ],
  help: `countersign policy check FILE…   says what is wrong with policies, with line and column; exit code 1 when something is
countersign policy schema        prints the JSON Schema of policies, for editors
countersign policy types FILE…   prints TypeScript types of the workflows: labels, answers, reasons, models and features, for
                                 workflow<…>() of @countersign/otel-instrumentation
`,
  run(args) {
    const [verb, ...files] = parse(args, {}).positionals;
    if (verb === 'check' && files.length > 0) return checkPolicies(files);
    if (verb === 'schema' && files.length === 0) return print(policySchema());
    if (verb === 'types' && files.length > 0) return printTypes(files);
    throw new UsageError('policy wants "check" or "types" with files, or "schema"');
  },
};

function checkPolicies(files: readonly string[]): number {
  const read = files.map((file) => ({ file, check: readPolicy(file) }));
  for (const { file, check } of read) {
    if (check !== null) process.stdout.write(`${file}: good, ${check.policy.workflow}, ${check.hash}\n`);
  }
  return read.every(({ check }) => check !== null) ? 0 : 1;
}

/** Nothing but what is wrong with them when one of them is not good: half of the types would be taken for all. */
function printTypes(files: readonly string[]): number {
  const read = files.map(readPolicy);
  const good = read.filter((check) => check !== null);
  return good.length < read.length ? 1 : print(policyTypes(good.map(({ policy: its }) => its)));
}

/** Null when it is not good, and says why. */
function readPolicy(file: string): { readonly policy: Policy; readonly hash: string } | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    process.stderr.write(`${file}: cannot be read: ${String(error)}\n`);
    return null;
  }
  const check = checkPolicy(text);
  if (check.is === 'good') return check;
  for (const problem of check.problems) process.stderr.write(`${formatProblem(file, problem)}\n`);
  return null;
}
