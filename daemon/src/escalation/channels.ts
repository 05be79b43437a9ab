/**
 * The channels of a daemon: what people are reached by, each under the name that policies use. Read from a YAML file;
 * secrets are never in it, only where they are: in the environment, or in a file.
 */
import { readFileSync } from 'node:fs';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { parseDocument } from 'yaml';
import { alertmanager } from './notifiers/alertmanager.ts';
import { email } from './notifiers/email.ts';
import { cut, type Notifier, type Receipt, type Sent } from './notifiers/notifier.ts';
import { pagerDuty } from './notifiers/pagerduty.ts';
import { phone } from './notifiers/phone.ts';
import { slackWebhook } from './notifiers/slack-webhook.ts';
import { slack } from './notifiers/slack.ts';
import { webhook } from './notifiers/webhook.ts';

const closed = { additionalProperties: false };
const Text = Type.String({ minLength: 1, maxLength: 2_000 });
/** Without a login: what is in a URL is shown when it is wrong. */
const Url = Type.String({ pattern: '^https?://[^\\s@]+$', maxLength: 2_000 });
const PhoneNumber = Type.String({ pattern: '^\\+[1-9]\\d{6,14}$' });
/** Where a secret is. */
const Secret = Type.Object({ env: Type.Optional(Text), file: Type.Optional(Text) }, closed);

const kinds = {
  slack_webhook: Type.Object({ kind: Type.Literal('slack_webhook'), url: Secret }, closed),
  slack: Type.Object({ kind: Type.Literal('slack'), token: Secret, channel: Text, url: Type.Optional(Url) }, closed),
  pagerduty: Type.Object({ kind: Type.Literal('pagerduty'), routing_key: Secret, url: Type.Optional(Url) }, closed),
  email: Type.Object(
    {
      kind: Type.Literal('email'),
      server: Type.String({ pattern: '^smtps?://[^\\s/@]+$' }),
      user: Type.Optional(Text),
      password: Type.Optional(Secret),
      /** Mail may cross the network unencrypted: for a relay on this machine. */
      insecure: Type.Optional(Type.Boolean()),
      from: Text,
      to: Type.Array(Text, { minItems: 1, maxItems: 50 }),
    },
    closed,
  ),
  phone: Type.Object(
    {
      kind: Type.Literal('phone'),
      by: Type.Enum(['call', 'sms']),
      account: Text,
      token: Secret,
      from: PhoneNumber,
      to: PhoneNumber,
      url: Type.Optional(Url),
    },
    closed,
  ),
  webhook: Type.Object({ kind: Type.Literal('webhook'), url: Url, secret: Secret }, closed),
  alertmanager: Type.Object(
    {
      kind: Type.Literal('alertmanager'),
      url: Url,
      user: Type.Optional(Text),
      password: Type.Optional(Secret),
    },
    closed,
  ),
} as const;
type Kind = keyof typeof kinds;
type Channel = { [K in Kind]: Static<(typeof kinds)[K]> }[Kind];
const schemas = new Map(Object.entries(kinds).map(([kind, schema]) => [kind, Compile(schema)]));

/** By name. */
export type Channels = ReadonlyMap<string, Notifier>;

export interface ChannelOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** How long the other side has for an answer. */
  readonly timeoutMs: number;
}

/** Throws one error that names all problems. No file means no channels. */
export function readChannels(path: string, options: ChannelOptions): Channels {
  if (path === '') return new Map();
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`the channels cannot be read: ${String(error)}. Correct COUNTERSIGN_CHANNELS.`, { cause: error });
  }
  const document = parseDocument(text, { uniqueKeys: true });
  const [syntax] = document.errors;
  if (syntax !== undefined) throw new Error(`${path} cannot be used: ${syntax.message}`);
  const value = document.toJS() as { channels?: unknown } | null;
  const named = value?.channels;
  if (typeof named !== 'object' || named === null || Array.isArray(named) || Object.keys(value ?? {}).length > 1) {
    throw new Error(`${path} wants one field, channels: the name of each channel with what it is.`);
  }
  const problems: string[] = [];
  const channels = new Map<string, Notifier>();
  for (const [name, channel] of Object.entries(named)) {
    const complain = (field: string, message: string) => problems.push(`channels.${name}${field}: ${message}`);
    if (!/^[A-Za-z0-9._-]{1,100}$/.test(name)) {
      complain('', 'a name has at most 100 letters, digits, dots, hyphens and underscores.');
    }
    if (!isChannel(channel, complain)) continue;
    channels.set(name, notifierOf(channel, options, complain));
  }
  if (problems.length > 0) throw new Error(`${path} cannot be used:\n${problems.join('\n')}`);
  return channels;
}

type Complain = (field: string, message: string) => void;

function isChannel(value: unknown, complain: Complain): value is Channel {
  const kind = (value as { kind?: unknown } | null)?.kind;
  const schema = typeof kind === 'string' ? schemas.get(kind) : undefined;
  if (schema === undefined) {
    complain('.kind', `${JSON.stringify(kind)} is none of ${Object.keys(kinds).join(', ')}.`);
    return false;
  }
  if (schema.Check(value)) return true;
  for (const { instancePath, keyword, params, message } of schema.Errors(value)) {
    const field = instancePath.replaceAll('/', '.');
    const { requiredProperties, additionalProperties } = params as {
      requiredProperties?: string[];
      additionalProperties?: string[];
    };
    if (keyword === 'required')
      for (const missing of requiredProperties ?? []) complain(`${field}.${missing}`, 'is missing. Add it.');
    else if (keyword === 'additionalProperties')
      for (const extra of additionalProperties ?? [])
        complain(`${field}.${extra}`, 'There is no such field. Correct its name, or remove it.');
    else if (keyword !== 'boolean') complain(field, `${message}.`);
  }
  return false;
}

function notifierOf(channel: Channel, options: ChannelOptions, complain: Complain): Notifier {
  const { env, now, timeoutMs } = options;
  const secrets: string[] = [];
  const secret = (field: string, where: Static<typeof Secret> | undefined): string => {
    const found = secretOf(where, env);
    if (found.is === 'problem') complain(`.${field}`, found.problem);
    else secrets.push(found.value);
    return found.is === 'problem' ? '' : found.value;
  };
  const plain = (): Notifier => {
    switch (channel.kind) {
      case 'slack_webhook': {
        const url = secret('url', channel.url);
        if (url !== '' && !/^https?:\/\/[^\s@]+$/.test(url)) complain('.url', 'the secret is no URL of a webhook.');
        // The other side may name a part of it.
        else if (URL.canParse(url)) secrets.push(new URL(url).pathname, ...longParts(new URL(url).pathname));
        return slackWebhook({ url, timeoutMs });
      }
      case 'slack': {
        const { url = 'https://slack.com/api', channel: to } = channel;
        return slack({ url: withoutSlash(url), token: secret('token', channel.token), channel: to, timeoutMs });
      }
      case 'pagerduty': {
        const { url = 'https://events.pagerduty.com/v2/enqueue' } = channel;
        return pagerDuty({ url, routingKey: secret('routing_key', channel.routing_key), timeoutMs });
      }
      case 'email': {
        const { server, from, to, insecure = false } = channel;
        return email({
          server: new URL(server),
          login: loginOf(channel, secret),
          requireTls: !insecure,
          from,
          to,
          timeoutMs,
        });
      }
      case 'phone': {
        const { url = 'https://api.twilio.com', account, by, from, to } = channel;
        const token = secret('token', channel.token);
        return phone({ url: withoutSlash(url), account, token, by, from, to, timeoutMs });
      }
      case 'webhook': {
        const key = secret('secret', channel.secret);
        if (key !== '' && key.length < 24)
          complain('.secret', 'has fewer than 24 characters. Make one with `openssl rand -base64 32`.');
        return webhook({ url: channel.url, secret: key, now, timeoutMs });
      }
      case 'alertmanager':
        return alertmanager({ url: withoutSlash(channel.url), login: loginOf(channel, secret), timeoutMs });
    }
  };
  return bounded(plain(), secrets, timeoutMs * 3);
}

function loginOf(
  { user, password }: { user?: string | undefined; password?: Static<typeof Secret> | undefined },
  secret: (field: string, where: Static<typeof Secret> | undefined) => string,
): { user: string; password: string } | null {
  return user === undefined && password === undefined
    ? null
    : { user: user ?? '', password: secret('password', password) };
}

type Found = { readonly is: 'secret'; readonly value: string } | { readonly is: 'problem'; readonly problem: string };

function secretOf(where: Static<typeof Secret> | undefined, env: NodeJS.ProcessEnv): Found {
  const { env: name, file } = where ?? {};
  if ((name === undefined) === (file === undefined)) {
    return { is: 'problem', problem: 'say where the secret is: { env: NAME } or { file: /path }.' };
  }
  if (name !== undefined) {
    const value = env[name];
    return value ? { is: 'secret', value } : { is: 'problem', problem: `${name} is not set in the environment.` };
  }
  try {
    const value = readFileSync(file ?? '', 'utf8').trim();
    return value === '' ? { is: 'problem', problem: `${file} is empty.` } : { is: 'secret', value };
  } catch {
    return { is: 'problem', problem: `${file} cannot be read.` };
  }
}

/** Never longer than `mostMs`, never an exception, and never with a secret in what is said of problems. */
function bounded(notifier: Notifier, secrets: readonly string[], mostMs: number): Notifier {
  // Hidden first and cut then, so that no beginning of one is left; and such that it can be stored.
  const hide = (problem: string) => {
    const hidden = secrets
      .filter((secret) => secret.length > 3)
      .reduce((text, secret) => text.replaceAll(secret, '***'), problem);
    return cut(hidden.replaceAll('\0', ' ').toWellFormed(), 300);
  };
  const within = async <T>(work: Promise<T>, late: (problem: string) => T): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<T>((resolve) => {
      timer = setTimeout(() => resolve(late(`no end in ${mostMs / 1_000} s`)), mostMs);
    });
    try {
      return await Promise.race([work, ended]);
    } catch (error) {
      return late(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(timer);
    }
  };
  const retry = (problem: string): Sent => ({ is: 'retry', problem, afterMs: null });
  return {
    ...notifier,
    async send(delivery) {
      const sent = await within(notifier.send(delivery), retry);
      if (sent.is !== 'sent') return { ...sent, problem: hide(sent.problem) };
      const receipt = storable(sent.receipt);
      return { is: 'sent', receipt, ...(sent.problem === undefined ? {} : { problem: hide(sent.problem) }) };
    },
    async check() {
      const problem = await within<string | null>(notifier.check(), (late) => late);
      return problem === null ? null : hide(problem);
    },
  };
}

/** What the other side said of the message, when it can be stored. */
const storable = (receipt: Receipt | null): Receipt | null =>
  receipt === null || Object.values(receipt).every((text) => /^[\x20-\x7e]{1,500}$/.test(text)) ? receipt : null;

const longParts = (path: string) => path.split('/').filter((part) => part.length >= 8);

const withoutSlash = (url: string) => url.replace(/\/+$/, '');
