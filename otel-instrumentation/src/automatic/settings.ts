/** What the environment says to `register`. Each mistake is said, with what to write instead, and what it says is left out. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PromoteRule } from '@countersign/contract';
import { randomBytes } from 'node:crypto';
import Schema from 'typebox/schema';
import { fewestKeyBytes, readHashKey } from '../input-hash.ts';
import type { StartOptions } from '../start-options.ts';

export interface Settings {
  readonly start: StartOptions;
  readonly promote: readonly PromoteRule[];
  readonly problems: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `cwd` is where the service's package.json is looked for, when nothing else says its name. */
export function readSettings(env: Environment, cwd: string, script: string): Settings {
  const { rules, problems } = rulesOf(env['COUNTERSIGN_PROMOTE']);
  const source = env['COUNTERSIGN_SOURCE'] || env['OTEL_SERVICE_NAME'] || nameIn(cwd) || basename(script) || 'node';
  const password = passwordOf(env);
  if (password.problem !== null) problems.push(password.problem);
  const hashKey = keyInPlaceOf(env);
  if (hashKey !== null) problems.push(hashKey.problem);
  return {
    start: {
      source,
      ...(password.text === null ? {} : { password: password.text }),
      ...(hashKey === null ? {} : { hashKey: hashKey.key }),
    },
    promote: rules,
    problems,
  };
}

/** Whether what people and models say to each other may be on spans, as OpenTelemetry's conventions have it asked for. */
export function isGenAiContentWanted(env: Environment = process.env): boolean {
  const said = env['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT']?.toLowerCase() ?? '';
  return ['true', 'span_only', 'span_and_event'].includes(said);
}

/** Whether the environment says where OpenTelemetry's signals go. */
export const hasOtelSettings = (env: Environment): boolean =>
  Object.entries(env).some(
    ([name, value]) =>
      Boolean(value) &&
      value !== 'none' &&
      (name === 'OTEL_CONFIG_FILE' ||
        name === 'OTEL_EXPERIMENTAL_CONFIG_FILE' ||
        name.startsWith('OTEL_EXPORTER_') ||
        /^OTEL_(?:TRACES|METRICS|LOGS)_EXPORTER$/.test(name)),
  );

const ruleSchema = Schema.Compile(PromoteRule);

/** A JSON list, or the path of a file that holds one. */
function rulesOf(text: string | undefined): { readonly rules: PromoteRule[]; readonly problems: string[] } {
  if (!text) return { rules: [], problems: [] };
  const example =
    '[{"workflow":"refunds","operation":"execute_tool","name":"refund","risk_tier":"high","reversible":false}]';
  let list: unknown;
  try {
    list = JSON.parse(text.trimStart().startsWith('[') ? text : readFileSync(text, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      rules: [],
      problems: [`COUNTERSIGN_PROMOTE cannot be read (${why}). Set a file or a list such as ${example}`],
    };
  }
  if (!Array.isArray(list))
    return { rules: [], problems: [`COUNTERSIGN_PROMOTE is no list. Set one such as ${example}`] };
  const rules: PromoteRule[] = [];
  const problems: string[] = [];
  for (const [i, rule] of (list as unknown[]).entries()) {
    const [isRule, errors] = ruleSchema.Errors(rule);
    if (isRule) rules.push(rule as PromoteRule);
    else problems.push(`COUNTERSIGN_PROMOTE, rule ${i + 1}${said(errors[0])}. Write it as ${example}`);
  }
  return { rules, problems };
}

const said = (error: { readonly instancePath: string; readonly message: string } | undefined): string =>
  error === undefined ? '' : `: ${error.instancePath.slice(1)} ${error.message}`.replace(':  ', ': ');

function passwordOf(env: Environment): { readonly text: string | null; readonly problem: string | null } {
  const file = env['NATS_PASSWORD_FILE'];
  if (!file) return { text: null, problem: null };
  try {
    return { text: readFileSync(file, 'utf8').trim(), problem: null };
  } catch {
    return { text: null, problem: `NATS_PASSWORD_FILE is ${file}, which cannot be read` };
  }
}

/** For a key that cannot be used; null when it can, or none is wanted. Without one, hashes would give away what was to be hidden. */
function keyInPlaceOf(env: Environment): { readonly key: Uint8Array; readonly problem: string } | null {
  try {
    readHashKey(undefined, env);
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      key: randomBytes(fewestKeyBytes),
      problem: `${why}. Until then hashes of inputs are made with a key of this process alone, and can be compared with no others`,
    };
  }
}

function nameIn(cwd: string): string | null {
  try {
    const { name } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')) as { name?: unknown };
    return typeof name === 'string' && name !== '' ? name : null;
  } catch {
    return null;
  }
}
