/** What an input is, from its bytes and media type, in a form that can be shown without running or loading anything of it. */
import type { InputSnapshot } from '@countersign/contract';
import { sha256 } from '@countersign/contract/merkle';
import { hex, toBase64 } from '@countersign/contract/note';
import { readMail, type Mail } from './read-mail';

export type Shown =
  | { readonly is: 'text'; readonly text: string }
  | Mail
  | {
      readonly is: 'table';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
      readonly more: number;
    }
  /** A `data:` URL of a raster image: it can do nothing but be looked at. */
  | { readonly is: 'image'; readonly url: string };

export interface Input {
  /** Whether the bytes are those that were recorded. */
  readonly intact: boolean;
  readonly shown: Shown;
}

/** Drawings (SVG) can hold scripts, so they are shown as the text that they are. */
const rasterImages = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'];
const rowsShown = 200;

export async function readInput(sent: Uint8Array, { hash, media_type, salt_bytes }: InputSnapshot): Promise<Input> {
  const bytes = sent.slice(salt_bytes ?? 0);
  const intact = `sha256:${hex(sha256(sent))}` === hash;
  const [type = ''] = (media_type ?? '').toLowerCase().split(';');
  return { intact, shown: await shownAs(type.trim(), bytes) };
}

async function shownAs(type: string, bytes: Uint8Array): Promise<Shown> {
  if (rasterImages.includes(type)) return { is: 'image', url: `data:${type};base64,${toBase64(bytes)}` };
  if (type === 'message/rfc822') return readMail(bytes);
  const text = new TextDecoder().decode(bytes);
  if (type === 'text/csv') return tableOf(readCsv(text));
  if (type === 'application/json' || type.endsWith('+json')) return jsonOf(text);
  return { is: 'text', text };
}

/** A list of alike objects is a table; anything else is text with its lines broken. */
function jsonOf(text: string): Shown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // It says that it is JSON and is not: the reviewer sees what came.
    return { is: 'text', text };
  }
  const rows = Array.isArray(value) && value.length > 0 && value.every(isFlat) ? value : null;
  if (rows === null) return { is: 'text', text: JSON.stringify(value, null, 2) };
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return tableOf([columns, ...rows.map((row) => columns.map((name) => cellOf(row[name])))]);
}

const isFlat = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((field) => typeof field !== 'object' || field === null);

const cellOf = (value: unknown): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

function tableOf([columns = [], ...rows]: readonly (readonly string[])[]): Shown {
  return { is: 'table', columns, rows: rows.slice(0, rowsShown), more: Math.max(0, rows.length - rowsShown) };
}

/** RFC 4180, and line ends of every kind. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let isQuoted = false;
  const endField = () => {
    row.push(field);
    field = '';
  };
  const endRow = () => {
    endField();
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  for (let i = 0; i < text.length; i++) {
    const letter = text[i] ?? '';
    if (isQuoted) {
      if (letter !== '"') field += letter;
      else if (text[i + 1] === '"') {
        field += '"';
        i += 1;
      } else isQuoted = false;
    } else if (letter === '"' && field === '') isQuoted = true;
    else if (letter === ',') endField();
    else if (letter === '\n' || letter === '\r') {
      if (letter === '\r' && text[i + 1] === '\n') i += 1;
      endRow();
    } else field += letter;
  }
  endRow();
  return rows;
}
