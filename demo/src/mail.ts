/** A raw RFC 822 message as a person reads it. Pure. Real mail of 2002: what is malformed is read as well as it can be. */

export interface Mail {
  readonly subject: string;
  readonly from: string;
  readonly fromDomain: string;
  /** When the recipient's own server got it, in ms; the sender's Date header lies too often. */
  readonly arrivedAt: number;
  readonly text: string;
  readonly hasHtml: boolean;
  /** Host names of links. */
  readonly links: readonly string[];
}

type Headers = ReadonlyMap<string, readonly string[]>;
interface Part {
  readonly type: string;
  readonly text: string;
}

const mostText = 20_000;
const deepest = 6;

export function parseMail(source: string): Mail {
  const { headers, body } = split(source.replaceAll('\r\n', '\n'));
  const parts = partsOf(headers, body, 0);
  const html = parts
    .filter(({ type }) => type === 'text/html')
    .map(({ text }) => text)
    .join('\n');
  const plain = parts.find(({ type, text }) => type !== 'text/html' && text.trim() !== '')?.text ?? '';
  const plainIsHtml = /<html|<body|<table/i.test(plain);
  const shown = plain.trim() === '' ? stripHtml(html) : plainIsHtml ? stripHtml(plain) : plain;
  const from = decodeWords(first(headers, 'from')).trim();
  const links = `${html}\n${plain}`.matchAll(/\bhttps?:\/\/(?:[^\s/"'<>@]*@)?([a-z0-9.-]{1,100})/gi);
  return {
    subject: decodeWords(first(headers, 'subject')).replace(/\s+/g, ' ').trim(),
    from,
    fromDomain: (/@([a-z0-9.-]+)/i.exec(from)?.[1] ?? '').toLowerCase(),
    arrivedAt: arrival(headers),
    text: withoutListFooter(shown.slice(0, mostText)),
    hasHtml: html !== '' || plainIsHtml,
    links: Array.from(links, ([, host]) => (host ?? '').toLowerCase()),
  };
}

/** The newest Received header is stamped by the recipient's server; a few messages have none and a sound Date. */
function arrival(headers: Headers): number {
  for (const stamp of headers.get('received') ?? []) {
    const at = Date.parse(stamp.slice(stamp.lastIndexOf(';') + 1));
    if (!Number.isNaN(at)) return at;
  }
  return Date.parse(first(headers, 'date'));
}

function split(raw: string): { headers: Headers; body: string } {
  const end = raw.startsWith('\n') ? 0 : raw.indexOf('\n\n');
  const head = raw.slice(0, end < 0 ? undefined : end).replace(/\n[ \t]+/g, ' ');
  const headers = new Map<string, string[]>();
  for (const line of head.split('\n')) {
    const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const values = headers.get(name.toLowerCase()) ?? [];
    values.push(value);
    headers.set(name.toLowerCase(), values);
  }
  return { headers, body: end < 0 ? '' : raw.slice(end).replace(/^\n{1,2}/, '') };
}

/** The text parts of a message, nested ones included; other parts are there by type, with no text. */
function partsOf(headers: Headers, body: string, depth: number): Part[] {
  const contentType = first(headers, 'content-type');
  const type = (/^\s*([\w-]+\/[\w.+-]+)/.exec(contentType)?.[1] ?? 'text/plain').toLowerCase();
  const boundary = parameter(contentType, 'boundary');
  if (type.startsWith('multipart/') && boundary !== '' && depth < deepest) {
    const parts = multipart(body, boundary).flatMap((part) => {
      const inner = split(part);
      return partsOf(inner.headers, inner.body, depth + 1);
    });
    if (parts.length > 0) return parts;
  }
  if (type === 'message/rfc822' && depth < deepest) {
    const inner = split(body);
    return partsOf(inner.headers, inner.body, depth + 1);
  }
  if (type.startsWith('multipart/')) return [{ type: 'text/plain', text: body }];
  return type.startsWith('text/') ? [{ type, text: decodeBody(headers, contentType, body) }] : [{ type, text: '' }];
}

function multipart(body: string, boundary: string): string[] {
  const parts = `\n${body}`.split(`\n--${boundary}`).slice(1);
  const end = parts.findIndex((part) => part.startsWith('--'));
  return parts.slice(0, end < 0 ? undefined : end).map((part) => part.slice(part.indexOf('\n') + 1));
}

function decodeBody(headers: Headers, contentType: string, body: string): string {
  const charset = parameter(contentType, 'charset').toLowerCase() || 'windows-1252';
  const encoding = first(headers, 'content-transfer-encoding').trim().toLowerCase();
  if (encoding === 'base64') return decodeBytes(Buffer.from(body, 'base64'), charset);
  return encoding === 'quoted-printable' ? decodeBytes(quotedPrintable(body), charset) : body;
}

/** RFC 2047 encoded words. */
function decodeWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?([^?\s]+)\?([bq])\?([^?]*)\?=/gi, (_all, charset: string, kind: string, body: string) => {
      const bytes =
        kind.toLowerCase() === 'b' ? Buffer.from(body, 'base64') : quotedPrintable(body.replaceAll('_', ' '));
      return decodeBytes(bytes, charset.toLowerCase().replace(/\*.*$/, ''));
    });
}

function quotedPrintable(text: string): Buffer {
  const plain = text
    .replace(/[^\0-\xff]/g, '?')
    .replace(/=[ \t]*\n/g, '')
    .replace(/=([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1');
}

function decodeBytes(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function stripHtml(html: string): string {
  const visible = [
    ['<!--', '-->'],
    ['<style', '</style>'],
    ['<script', '</script>'],
  ].reduce((text, [open, close]) => without(text, open ?? '', close ?? ''), html);
  return visible
    .replace(/\s+/g, ' ')
    .replace(/<\/?(?:br|p|div|tr|td|th|table|li|ul|ol|h[1-6]|title|hr|center|option)\b[^<>]{0,2000}>/gi, '\n')
    .replace(/<[a-z/!?][^<>]{0,2000}>/gi, '')
    .replace(/&(?:#(\d{1,6})|([a-z]{2,6}));?/gi, (all, code: string | undefined, name: string | undefined) =>
      code === undefined
        ? (entities[(name ?? '').toLowerCase()] ?? all)
        : String.fromCodePoint(Math.min(Number(code), 0x10ffff)),
    )
    .replace(/[ \t\u00a0]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .trim();
}

/** All from `open` to `close` taken out, in linear time whatever the text; an unclosed one takes the rest. */
function without(text: string, open: string, close: string): string {
  const lower = text.toLowerCase();
  let kept = '';
  let at = 0;
  for (;;) {
    const from = lower.indexOf(open, at);
    if (from < 0) return kept + text.slice(at);
    kept += text.slice(at, from);
    const to = lower.indexOf(close, from);
    if (to < 0) return kept;
    at = to + close.length;
  }
}

/** Mailing lists append a footer that names the list: not content, and it would give the label away. */
function withoutListFooter(text: string): string {
  // The owner's news-feed gateway writes these two lines.
  let kept = text.replace(/^URL: \S+\nDate: .*\n/, '').trimEnd();
  for (let round = 0; round < 3; round++) {
    const tail = kept.slice(-900);
    const rules = [...tail.matchAll(/(?:^|\n)(?:[_-]{20,}|--) ?(?=\n)/g)];
    const listed = /listinfo|sf\.net|sourceforge|users' group|yahoo! groups|redhat\.com\/mailman/i;
    const at = rules.find((rule) => listed.test(tail.slice(rule.index)))?.index;
    if (at === undefined) return kept;
    kept = kept.slice(0, kept.length - tail.length + at).trimEnd();
  }
  return kept;
}

const first = (headers: Headers, name: string) => headers.get(name)?.[0] ?? '';

function parameter(value: string, name: string): string {
  const found = new RegExp(`${name}\\s*=\\s*(?:"([^"]*)"|([^\\s;]+))`, 'i').exec(value);
  return found?.[1] ?? found?.[2] ?? '';
}
