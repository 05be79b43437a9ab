/**
 * A mail (RFC 5322, MIME) as text that can be searched: encoded words, quoted-printable and base64 are written out, in UTF-8,
 * and it is still a mail. A part that is no text, or that does not say in words that are understood how it is encoded and where
 * its parts end, is left out: what is in it cannot be searched.
 */
import { contentOf, headersEnd, unfolded, type Content } from './mail-headers.ts';

export const leftOut = '[encoded content]';

export function plainMail(source: string): string {
  // Also as old systems end a line, and with what is left where an end was changed twice.
  const lines = source.replaceAll(/\r{0,2}\n|\r/g, '\n').split('\n');
  const boundaries = new Set<string>();
  const nextBoundary = (from: number): number => {
    for (let i = from; i < lines.length; i++) if (isBoundary(lines[i] ?? '', boundaries)) return i;
    return lines.length;
  };
  const plain: string[] = [];
  for (let at = 0; at < lines.length;) {
    const bodyAt = headersEnd(lines, at, (line) => isBoundary(line, boundaries));
    const headers = unfolded(lines.slice(at, bodyAt));
    const content = contentOf(headers);
    if (content.is === 'parts') boundaries.add(`--${content.boundary}`);
    if (headers.length > 0) plain.push(headersOf(headers, content).join('\n'));
    const isSeparated = lines[bodyAt] === '';
    if (isSeparated) plain.push('');
    const begin = isSeparated ? bodyAt + 1 : bodyAt;
    // What is within a message begins with headers of its own.
    const end = content.is === 'message' ? begin : nextBoundary(begin);
    if (end > begin) {
      if (!isSeparated && headers.length > 0) plain.push('');
      plain.push(plainBody(lines.slice(begin, end), content));
    }
    at = end;
    const next = lines[end];
    if (next !== undefined && isBoundary(next, boundaries)) {
      plain.push(next);
      at += 1;
    }
  }
  return plain.join('\n');
}

function isBoundary(line: string, boundaries: ReadonlySet<string>): boolean {
  if (!line.startsWith('--')) return false;
  const bare = line.trimEnd();
  return boundaries.has(bare) || (bare.endsWith('--') && boundaries.has(bare.slice(0, -2)));
}

/** What is written out is in UTF-8, and encoded no more. */
function headersOf(headers: readonly string[], content: Content): string[] {
  const shown = headers.map(withoutEncodedWords);
  if (content.is !== 'encoded' && content.is !== 'unknown') return shown;
  return shown.map((header) =>
    header
      .replace(/^(content-transfer-encoding\s*:).*/i, '$1 8bit')
      .replace(/^(content-type\s*:.*charset\s*=\s*"?)[\w-]+/i, '$1utf-8'),
  );
}

function plainBody(body: readonly string[], content: Content): string {
  switch (content.is) {
    case 'unknown':
      return leftOut;
    case 'parts':
      return content.isEncoded && body.some((line) => line.trim() !== '') ? leftOut : body.join('\n');
    case 'encoded':
      return (decoded(bytesOf[content.encoding](body.join('\n')), content.charset) ?? leftOut).replaceAll('\r\n', '\n');
    case 'text':
    case 'message':
      // Of a mail that was forwarded as text, its headers.
      return withoutEncodedWords(body.join('\n'));
  }
}

/** RFC 2047. */
const withoutEncodedWords = (text: string): string =>
  text.replace(
    /=\?([\w-]{1,40})(?:\*[\w-]{0,20})?\?([bq])\?([^?\s]*)\?=(?:[ \t]+(?==\?))?/gi,
    (_, charset: string, encoding: string, word: string) => {
      const bytes = /b/i.test(encoding) ? Buffer.from(word, 'base64') : unquoted(word.replaceAll('_', ' '));
      return (decoded(bytes, charset) ?? leftOut).replaceAll(/\p{Cc}/gu, ' ');
    },
  );

/** Quoted-printable, RFC 2045. */
const unquoted = (text: string): Buffer =>
  Buffer.from(
    Buffer.from(text.replace(/=[ \t]{0,10}\n/g, ''), 'utf8')
      .toString('latin1')
      .replace(/=([\dA-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );

const bytesOf = {
  base64: (text: string) => Buffer.from(text, 'base64'),
  'quoted-printable': unquoted,
  '7bit': (text: string) => Buffer.from(text, 'latin1'),
};

/** Null for what is no text in this charset. Without one it is UTF-8, or else what Windows wrote. */
function decoded(bytes: Buffer, charset: string): string | null {
  for (const label of charset === '' ? ['utf-8', 'windows-1252'] : [charset]) {
    try {
      const text = new TextDecoder(label, { fatal: true }).decode(bytes);
      return text.includes('\0') ? null : text;
    } catch {
      // It is in another charset than it says, or in one that nobody knows.
    }
  }
  return null;
}
