/** The daemon's configuration, from environment variables alone. Secrets may come from files: NAME_FILE instead of NAME. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hex, keyTypes, parseVerifierKey } from '@countersign/contract/note';
import type { WitnessAddress } from './ledger/index.ts';
import { readOtlpSettings, type OtlpSettings } from './otlp/index.ts';
import type { S3Credentials } from './snapshots/index.ts';

export interface Config {
  readonly databaseUrl: string;
  readonly nats: { readonly url: string; readonly user: string | undefined; readonly password: string | undefined };
  readonly replicas: number;
  readonly http: { readonly host: string; readonly port: number };
  /** Null when spans are not listened for. */
  readonly otlp: OtlpSettings | null;
  /** Of the hashes of inputs of promoted spans; null for plain ones. */
  readonly hashKey: KeyObject | null;
  readonly grafana: { readonly url: string; readonly jwksUrl: URL; readonly audience: string; readonly secret: string };
  /** Lets an auditor's own tools read everything; none when it is empty. */
  readonly auditToken: string;
  readonly logId: string;
  readonly origin: string;
  readonly keyFile: string;
  readonly witnesses: readonly WitnessAddress[];
  readonly witnessQuorum: number;
  /** Where the contents of inputs are kept. */
  readonly snapshots: { readonly url: string; readonly credentials: S3Credentials | null };
  readonly policies: string;
  /** File of the channels; none when it is empty. */
  readonly channels: string;
  readonly runbooksUrl: string;
  readonly logLevel: string;
}

/** What `countersign daemon --help` prints. */
export const variables: readonly (readonly [name: string, fallback: string | null, help: string])[] = [
  ['DATABASE_URL', null, 'PostgreSQL, as postgres://user:password@host:port/database'],
  ['NATS_URL', null, 'NATS with JetStream, as nats://host:port'],
  ['NATS_USER', '', 'User on NATS; empty for none'],
  ['NATS_PASSWORD', '', 'Its password'],
  ['COUNTERSIGN_STREAM_REPLICAS', '1', 'Replicas of each JetStream stream: 1, 3 or 5'],
  ['COUNTERSIGN_HTTP_HOST', '127.0.0.1', 'Address to listen on'],
  ['COUNTERSIGN_HTTP_PORT', '8787', 'Port to listen on; 0 for any that is free'],
  ['COUNTERSIGN_PLUGIN_SECRET', null, "Shared with the Grafana app's settings"],
  ['COUNTERSIGN_GRAFANA_URL', null, "Grafana's root URL, the issuer of identity tokens"],
  [
    'COUNTERSIGN_GRAFANA_JWKS_URL',
    '',
    'Where its signing keys are; by default /api/signing-keys/keys below the root URL',
  ],
  ['COUNTERSIGN_GRAFANA_ORG', '1', 'The organisation whose users are let in'],
  ['COUNTERSIGN_AUDIT_TOKEN', '', "Bearer token of auditors' own tools, at least 32 characters; empty for none"],
  ['COUNTERSIGN_OTLP_PORT', '', 'Port to take OTLP traces on, usually 4318; empty for none'],
  ['COUNTERSIGN_OTLP_HOST', '127.0.0.1', 'Address to take them on; another than loopback needs one of the next'],
  ['COUNTERSIGN_OTLP_TOKEN', '', 'Bearer token that exporters send, at least 32 characters; empty for none'],
  ['COUNTERSIGN_OTLP_TLS_CERT', '', 'Certificate of the address, in PEM; empty for plain HTTP'],
  ['COUNTERSIGN_OTLP_TLS_KEY', '', 'Its key, in PEM'],
  [
    'COUNTERSIGN_OTLP_TLS_CLIENT_CA',
    '',
    'Who signs the certificates that exporters need, in PEM; empty for none needed',
  ],
  [
    'COUNTERSIGN_HASH_KEY',
    '',
    'Key of the hashes of inputs of promoted spans, at least 32 characters; empty for hashes without',
  ],
  ['COUNTERSIGN_LOG_ID', 'main', 'The log to write'],
  ['COUNTERSIGN_LOG_ORIGIN', 'countersign.local/main', 'Name of the log in its checkpoints'],
  ['COUNTERSIGN_SIGNING_KEY_FILE', null, 'Ed25519 key in PEM; made when it does not exist'],
  ['COUNTERSIGN_WITNESSES', '', 'Witnesses, one a line: their key as they print it, a space, their URL'],
  ['COUNTERSIGN_WITNESS_QUORUM', '', 'How many of them have to sign a checkpoint before it is shown; by default all'],
  [
    'COUNTERSIGN_SNAPSHOTS',
    'postgres:',
    'Where inputs are kept: postgres:, file:///directory, or s3://bucket/prefix?endpoint=https://…&region=…',
  ],
  ['AWS_ACCESS_KEY_ID', '', 'For a bucket'],
  ['AWS_SECRET_ACCESS_KEY', '', 'For a bucket'],
  ['AWS_SESSION_TOKEN', '', 'For a bucket'],
  ['COUNTERSIGN_POLICIES', 'policies', 'Directory of policy files'],
  ['COUNTERSIGN_CHANNELS', '', 'YAML file of the channels that people are reached by; see docs/channels.md'],
  ['COUNTERSIGN_RUNBOOKS_URL', '', 'Where runbooks are; by default those of the Grafana app'],
  ['COUNTERSIGN_LOG_LEVEL', 'info', 'trace, debug, info, warn, error or fatal'],
];

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Throws one ConfigError that names every variable that is missing or wrong. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  const text = (name: string): string => {
    const [, fallback, help] = variables.find(([n]) => n === name) ?? [name, null, ''];
    const value = env[name] ?? fromFile(env[`${name}_FILE`], name, problems) ?? fallback;
    if (value !== null && value !== '') return value;
    if (fallback !== '') problems.push(`${name} is not set. Set it: ${help}.`);
    return '';
  };
  const whole = (name: string, allowed: (n: number) => boolean, wanted: string): number => {
    const value = text(name);
    const number = Number(value);
    if (!Number.isInteger(number) || !allowed(number)) problems.push(`${name} is "${value}", want ${wanted}.`);
    return number;
  };
  const url = (name: string, value: string): URL => {
    if (URL.canParse(value)) return new URL(value);
    if (value !== '') problems.push(`${name} is "${value}", which is no URL.`);
    return new URL('http://invalid');
  };

  const witnesses = readWitnesses(text('COUNTERSIGN_WITNESSES'), problems);
  const grafanaUrl = text('COUNTERSIGN_GRAFANA_URL');
  const config: Config = {
    databaseUrl: text('DATABASE_URL'),
    nats: { url: text('NATS_URL'), user: text('NATS_USER') || undefined, password: text('NATS_PASSWORD') || undefined },
    replicas: whole('COUNTERSIGN_STREAM_REPLICAS', (n) => [1, 3, 5].includes(n), '1, 3 or 5'),
    http: {
      host: text('COUNTERSIGN_HTTP_HOST'),
      port: whole('COUNTERSIGN_HTTP_PORT', (n) => n >= 0 && n <= 65_535, 'a port, 0 to 65535'),
    },
    otlp: readOtlpSettings(text, problems),
    hashKey: readHashKey(text('COUNTERSIGN_HASH_KEY'), problems),
    grafana: {
      url: grafanaUrl,
      jwksUrl: url(
        'COUNTERSIGN_GRAFANA_JWKS_URL',
        text('COUNTERSIGN_GRAFANA_JWKS_URL') ||
          (grafanaUrl && `${grafanaUrl.replace(/\/$/, '')}/api/signing-keys/keys`),
      ),
      audience: `org:${whole('COUNTERSIGN_GRAFANA_ORG', (n) => n > 0, 'a number from 1')}`,
      secret: text('COUNTERSIGN_PLUGIN_SECRET'),
    },
    auditToken: text('COUNTERSIGN_AUDIT_TOKEN'),
    logId: text('COUNTERSIGN_LOG_ID'),
    origin: text('COUNTERSIGN_LOG_ORIGIN'),
    keyFile: text('COUNTERSIGN_SIGNING_KEY_FILE'),
    witnesses,
    witnessQuorum:
      text('COUNTERSIGN_WITNESS_QUORUM') === ''
        ? witnesses.length
        : whole(
            'COUNTERSIGN_WITNESS_QUORUM',
            (n) => n >= 0 && n <= witnesses.length,
            `0 to ${witnesses.length}, the number of witnesses`,
          ),
    snapshots: { url: text('COUNTERSIGN_SNAPSHOTS'), credentials: credentialsOf(text) },
    policies: text('COUNTERSIGN_POLICIES'),
    channels: text('COUNTERSIGN_CHANNELS'),
    runbooksUrl:
      text('COUNTERSIGN_RUNBOOKS_URL') ||
      `${grafanaUrl.replace(/\/$/, '')}/public/plugins/countersign-decisions-app/runbooks`,
    logLevel: text('COUNTERSIGN_LOG_LEVEL'),
  };
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(config.logId)) {
    problems.push(`COUNTERSIGN_LOG_ID is "${config.logId}", want at most 32 lower-case letters, digits and hyphens.`);
  }
  if (config.auditToken !== '' && config.auditToken.length < 32) {
    problems.push('COUNTERSIGN_AUDIT_TOKEN has fewer than 32 characters. Make one with `openssl rand -hex 32`.');
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return config;
}

/** A key shorter than SHA-256 is easier to guess than the hash. */
function readHashKey(key: string, problems: string[]): KeyObject | null {
  if (key === '') return null;
  if (key.length < 32) {
    problems.push('COUNTERSIGN_HASH_KEY has fewer than 32 characters. Make one with `openssl rand -hex 32`.');
  }
  return createSecretKey(Buffer.from(key));
}

function credentialsOf(text: (name: string) => string): S3Credentials | null {
  const [accessKeyId, secretAccessKey] = [text('AWS_ACCESS_KEY_ID'), text('AWS_SECRET_ACCESS_KEY')];
  const sessionToken = text('AWS_SESSION_TOKEN');
  if (accessKeyId === '' || secretAccessKey === '') return null;
  return { accessKeyId, secretAccessKey, ...(sessionToken === '' ? {} : { sessionToken }) };
}

function readWitnesses(lines: string, problems: string[]): WitnessAddress[] {
  const seen = new Set<string>();
  return lines.split('\n').flatMap((written) => {
    const line = written.trim();
    if (line === '') return [];
    const [text = '', url = '', ...rest] = line.split(/\s+/);
    const key = parseVerifierKey(text, keyTypes.cosignature);
    if (key === null || !/^https?:/.test(url) || !URL.canParse(url) || rest.length > 0) {
      problems.push(`COUNTERSIGN_WITNESSES has "${line}", want the key of a witness, a space, and its URL.`);
      return [];
    }
    // One that signs twice would count twice, whatever it calls itself.
    const publicKey = hex(key.publicKey);
    if (seen.has(publicKey)) problems.push(`COUNTERSIGN_WITNESSES names the key of ${key.name} twice. Name it once.`);
    seen.add(publicKey);
    return [{ key, url }];
  });
}

/** Where policies and channels are, for commands that need no more. */
export function readConfigured(env: NodeJS.ProcessEnv): { readonly policies: string; readonly channels: string } {
  return { policies: env['COUNTERSIGN_POLICIES'] ?? 'policies', channels: env['COUNTERSIGN_CHANNELS'] ?? '' };
}

/** One variable, for commands that need no more. Throws a ConfigError when it is not set. */
export function readSecret(name: string, env: NodeJS.ProcessEnv): string {
  const problems: string[] = [];
  const value = env[name] ?? fromFile(env[`${name}_FILE`], name, problems);
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  if (value === null || value === '') throw new ConfigError(`${name} is not set. Set it, or ${name}_FILE.`);
  return value;
}

function fromFile(path: string | undefined, name: string, problems: string[]): string | null {
  if (path === undefined || path === '') return null;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    problems.push(`${name}_FILE cannot be read: ${String(error)}.`);
    return null;
  }
}
