/** Headers of a mail and of its parts: where they end, and what they say of what follows. What they do not say plainly is unknown. */

/** What follows the headers. */
export type Content =
  | { readonly is: 'text' }
  | { readonly is: 'encoded'; readonly encoding: 'base64' | 'quoted-printable' | '7bit'; readonly charset: string }
  /** Headers again. */
  | { readonly is: 'message' }
  /** Encoded they may not be, and some say so all the same: then what is before the first of them is not understood. */
  | { readonly is: 'parts'; readonly boundary: string; readonly isEncoded: boolean }
  | { readonly is: 'unknown' };

const unknown: Content = { is: 'unknown' };

/** The index of the first line from `at` that is no header: an empty one, a boundary, or a text that begins without. */
export function headersEnd(lines: readonly string[], at: number, isBoundary: (line: string) => boolean): number {
  for (let i = at; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const isMore = i > at && /^[ \t]/.test(line);
    if (!isMore && (isBoundary(line) || !isHeader.test(line))) return i;
  }
  return lines.length;
}

/** Also the line by which mailboxes tell mails apart. */
const isHeader = /^(?:[!-9;-~]+[ \t]*:|>?From )/;

/** A header that goes on in the next line begins that line with a space. */
export function unfolded(lines: readonly string[]): string[] {
  const headers: string[] = [];
  for (const line of lines) {
    const isMore = /^[ \t]/.test(line) && headers.length > 0;
    if (isMore) headers.push(`${headers.pop()} ${line.trimStart()}`);
    else headers.push(line);
  }
  return headers;
}

export function contentOf(headers: readonly string[]): Content {
  const encoding = token(valueOf(headers, 'content-transfer-encoding'));
  const type = valueOf(headers, 'content-type');
  if (encoding === null || type === null) return unknown;
  const isEncoded = encoding === 'base64' || encoding === 'quoted-printable';
  if (!isEncoded && !['', '7bit', '8bit', 'binary'].includes(encoding)) return unknown;
  const name = type === '' ? 'text/plain' : /^[\w.+-]+\/[\w.+-]+/.exec(type)?.[0].toLowerCase();
  if (name === undefined) return unknown;
  if (name.startsWith('multipart/')) {
    const boundary = boundaryIn(type);
    // Parts of a digest are mails without saying so.
    const isUnknown = boundary === null || name === 'multipart/digest';
    return isUnknown ? unknown : { is: 'parts', boundary, isEncoded };
  }
  const isMessage = name === 'message/rfc822' || name === 'message/global';
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(type)?.[1] ?? '';
  if (isEncoded) return isMessage || name.startsWith('text/') ? { is: 'encoded', encoding, charset } : unknown;
  if (isMessage) return { is: 'message' };
  if (/^utf-?(?:16|32)/i.test(charset)) return unknown;
  return hidesInAscii.test(charset) ? { is: 'encoded', encoding: '7bit', charset } : { is: 'text' };
}

/** Charsets that write other letters with those of ASCII. */
const hidesInAscii = /^(?:utf-?7|hz|iso-2022)/i;

/** Without comments; empty when there is no such header, null when there are two. */
function valueOf(headers: readonly string[], name: string): string | null {
  const named = headers.filter((line) => line.slice(0, line.indexOf(':')).trim().toLowerCase() === name);
  const [header = '', another] = named;
  if (another !== undefined) return null;
  return (
    header
      .slice(header.indexOf(':') + 1)
      // A quotation without an end is one as well: looked for from each of its quotation marks, it would take very long.
      .replace(/"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|\([^()]*\)/g, (part) => (part.startsWith('"') ? part : ' '))
      .trim()
  );
}

/** A word alone, in lower case; null for anything else. */
const token = (value: string | null): string | null =>
  value === null || value === '' ? value : (/^([\w-]+)\s*;?$/.exec(value)?.[1]?.toLowerCase() ?? null);

/** Null unless there is one, said once and in one piece. */
function boundaryIn(type: string): string | null {
  const [found, another] = type.matchAll(/\bboundary[*\d]*\s*=\s*(?:"((?:[^"\\]|\\.)+)"|([^\s;"]+))/gi);
  if (found === undefined || another !== undefined || found[0].includes('*')) return null;
  return (found[1]?.replaceAll(/\\(.)/g, '$1') ?? found[2] ?? '').trimEnd();
}
