/**
 * Redacts an input by what its media type says that it is. What cannot be read as text cannot be redacted, and what hides text
 * from the patterns (another charset, bytes of zero) does not count as text.
 */
import type { OwnPattern } from '@countersign/contract';
import { sizeOfOwnPattern } from '@countersign/contract/own-pattern';
import { plainMail } from './mail.ts';
import { redactedAs } from './named.ts';
import { untilNothingChanges, type Redactor } from './redactor.ts';

/**
 * Larger inputs would hold the service up. Built-in patterns read a megabyte in a fraction of a second, whatever is in it. For a
 * policy's own, a text can be written at which every letter is looked at once for each of their instructions.
 */
export const largestRedacted = (own: readonly OwnPattern[]): number =>
  Math.floor(1_048_576 / (1 + own.reduce((sum, pattern) => sum + sizeOfOwnPattern(pattern), 0) / asBuiltIn));

/** As many instructions take as long as all that is built in. */
const asBuiltIn = 20;

/** Null when it is no text. Throws when the redactor does. */
export function redactContent(
  content: Uint8Array | string,
  mediaType: string | undefined,
  redact: Redactor,
): string | null {
  const [type = '', ...parameters] = (mediaType ?? '').toLowerCase().split(';');
  const charset = parameters.map((parameter) => /^\s*charset\s*=\s*"?([\w-]+)/.exec(parameter)?.[1]).find(Boolean);
  if (charset !== undefined && !['utf-8', 'utf8', 'us-ascii', 'ascii'].includes(charset)) return null;
  const text = textOf(content);
  if (text === null) return null;
  switch (formOf(type.trim(), text)) {
    case 'json':
      return isJson(text) ? redactJson(text, redact) : null;
    case 'lines of json': {
      const lines = text.split('\n');
      return lines.every((line) => line.trim() === '' || isJson(line)) ? redactJson(text, redact) : null;
    }
    case 'mail':
      return untilNothingChanges(text, (mail) => redact(plainMail(mail)));
    case 'text':
      return redact(text);
    case 'other':
      return null;
  }
}

function formOf(type: string, text: string): 'json' | 'lines of json' | 'mail' | 'text' | 'other' {
  if (type === 'application/json' || type.endsWith('+json')) return 'json';
  if (['application/x-ndjson', 'application/jsonl', 'application/json-lines'].includes(type)) return 'lines of json';
  if (type === 'message/rfc822') return 'mail';
  if (type === '') return /^\s*[[{"]/.test(text) && isJson(text) ? 'json' : 'text';
  if (type.startsWith('text/') || type === 'application/xml' || type.endsWith('+xml')) return 'text';
  return 'other';
}

function textOf(content: Uint8Array | string): string | null {
  if (typeof content === 'string') return content.isWellFormed() && !content.includes('\0') ? content : null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Strings, names of fields among them, and numbers. All else, also how exact a number is, stays as it was written. */
function redactJson(json: string, redactOne: Redactor): string {
  const redact = remembering(redactOne);
  // Its field's name, or that of a pair: { "name": …, "value": … }.
  let before: readonly string[] = [];
  return json.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g, (token) => {
    const text = token.startsWith('"') ? (JSON.parse(token) as string) : token;
    const left = redactedAs(before, text, redact);
    before = [...before.slice(-1), text];
    if (left !== text) return JSON.stringify(left);
    return /^[^"]*e/i.test(token) ? redactExponential(token, redact) : token;
  });
}

/** Of many values most are among the few that there are. */
function remembering(redact: Redactor): Redactor {
  const known = new Map<string, string>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const left = redact(text);
    if (known.size < mostRemembered && text.length < longestRemembered) known.set(text, left);
    return left;
  };
}
const [mostRemembered, longestRemembered] = [10_000, 100];

/** A number that is written otherwise than people would write it. */
function redactExponential(token: string, redact: Redactor): string {
  const text = String(Number(token));
  const left = redact(text);
  return left === text ? token : JSON.stringify(left);
}
