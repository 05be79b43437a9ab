/**
 * A mail (RFC 5322, MIME) as text that can be searched: encoded words, quoted-printable and base64 are written out, in UTF-8,
 * and it is still a mail. A part that is no text is left out: what is in it cannot be searched.
 */

export const leftOut = '[encoded content]';

export function plainMail(source: string): string {
  const lines = source.replaceAll('\r\n', '\n').split('\n');
  const boundaries = new Set<string>();
  const indexOf = (from: number, is: (line: string) => boolean): number => {
    for (let i = from; i < lines.length; i++) if (is(lines[i] ?? '')) return i;
    return lines.length;
  };
  const plain: string[] = [];
  for (let at = 0; at < lines.length;) {
    const headersEnd = indexOf(at, (line) => line === '' || isBoundary(line, boundaries));
    const headers = unfolded(lines.slice(at, headersEnd));
    const type = headerOf(headers, 'content-type');
    const boundary = /boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))/i.exec(type);
    if (boundary !== null) boundaries.add(`--${boundary[1] ?? boundary[2]}`);
    const begin = lines[headersEnd] === '' ? headersEnd + 1 : headersEnd;
    // What is within a message begins with headers of its own.
    const isMessage = /^message\/rfc822/i.test(type);
    const end = isMessage ? begin : indexOf(begin, (line) => isBoundary(line, boundaries));
    plain.push(...plainPart(headers, type, begin > headersEnd ? lines.slice(begin, end) : null));
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

/** Lines of a part; its body is null when there is none. */
function plainPart(headers: readonly string[], type: string, body: readonly string[] | null): string[] {
  const shown = headers.map(withoutEncodedWords);
  if (body === null) return shown;
  const encoding = headerOf(headers, 'content-transfer-encoding').toLowerCase();
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(type)?.[1] ?? '';
  const isEncoded = ['base64', 'quoted-printable'].includes(encoding) || /^utf-?7$/i.test(charset);
  if (!isEncoded || /^multipart\//i.test(type)) return [...shown, '', ...body];
  const bytes = encoding === 'base64' ? Buffer.from(body.join(''), 'base64') : unquoted(body.join('\n'));
  const text = type === '' || /^text\//i.test(type) ? decoded(bytes, charset) : null;
  const changed = shown.map((header) =>
    header
      .replace(/^(content-transfer-encoding:).*/i, '$1 8bit')
      .replace(/^(content-type:.*charset\s*=\s*"?)[\w-]+/i, '$1utf-8'),
  );
  return [...changed, '', ...(text ?? leftOut).replaceAll('\r\n', '\n').split('\n')];
}

/** A header that goes on in the next line begins that line with a space. */
function unfolded(lines: readonly string[]): string[] {
  const headers: string[] = [];
  for (const line of lines) {
    const isMore = /^[ \t]/.test(line) && headers.length > 0;
    if (isMore) headers.push(`${headers.pop()} ${line.trimStart()}`);
    else headers.push(line);
  }
  return headers;
}

function headerOf(headers: readonly string[], name: string): string {
  const header = headers.find((line) => line.toLowerCase().startsWith(`${name}:`));
  return header?.slice(name.length + 1).trim() ?? '';
}

/** RFC 2047. */
const withoutEncodedWords = (header: string): string =>
  header.replace(
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
