/** `countersign policy`. */
import { readFileSync } from 'node:fs';
import { checkPolicy, formatProblem, policySchema } from '../policies/index.ts';
import { parse, print, UsageError, type Command } from './command.ts';

export const policy: Command = {
  summary: [
    ['policy check FILE…', 'say what is wrong with policies, with line and column'],
    ['policy schema', 'print the JSON Schema of policies, for editors'],
  ],
  help: `countersign policy check FILE…   says what is wrong with policies, with line and column; exit code 1 when something is
countersign policy schema        prints the JSON Schema of policies, for editors
`,
  run(args) {
    const [verb, ...files] = parse(args, {}).positionals;
    if (verb === 'check' && files.length > 0) return checkPolicies(files);
    if (verb === 'schema' && files.length === 0) return print(policySchema());
    throw new UsageError('policy wants "check" with files, or "schema"');
  },
};

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
