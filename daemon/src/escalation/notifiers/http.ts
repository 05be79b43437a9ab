/** One HTTP request to the other side of a channel: bounded in time and size, and never an exception. */
import type { Sent } from './notifier.ts';

export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

export type HttpAnswer =
  | {
      readonly is: 'answer';
      readonly status: number;
      readonly retryAfterMs: number | null;
      readonly text: string | null;
    }
  /** There was no answer. Says why, without the URL, which may be a secret. */
  | { readonly is: 'failed'; readonly problem: string };

const mostBytes = 1_048_576;
/** Whoever says to wait longer is asked again after this. */
const longestWaitMs = 3_600_000;

export async function request(url: string, options: HttpRequest): Promise<HttpAnswer> {
  const { method = 'POST', headers, body, timeoutMs } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers: { 'user-agent': 'countersign', ...headers },
      ...(body === undefined ? {} : { body }),
      // A message goes where the operator said, and nowhere else.
      redirect: 'error',
      signal,
    });
    const retryAfterMs = retryAfter(response.headers.get('retry-after'));
    return { is: 'answer', status: response.status, retryAfterMs, text: await textOf(response) };
  } catch (error) {
    return { is: 'failed', problem: problemOf(error, timeoutMs) };
  }
}

/** Null when it was cut off. The rest of what is too long is not read. */
async function textOf(response: Response): Promise<string | null> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > mostBytes) break;
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks).subarray(0, mostBytes).toString('utf8');
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function retryAfter(header: string | null): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), longestWaitMs);
}

function problemOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer in ${timeoutMs / 1_000} s`;
  const cause = error instanceof Error ? error.cause : undefined;
  const { code, message } = (cause ?? error) as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? code : typeof message === 'string' ? message : 'the request failed';
}

/** What most services mean by their status: 2xx is done, what may pass is tried again, the rest will not do. */
export function outcomeOf(answer: HttpAnswer): Sent {
  if (answer.is === 'failed') return { is: 'retry', problem: answer.problem, afterMs: null };
  const { status, retryAfterMs, text } = answer;
  if (status >= 200 && status < 300) return { is: 'sent', receipt: null };
  const problem = `HTTP ${status}${text === null || text === '' ? '' : `: ${text.slice(0, 4_000)}`}`;
  // Credentials can be mended, and what is wrong with the other side passes; what is wrong with the request does not.
  const passes = status >= 500 || [401, 403, 408, 425, 429].includes(status);
  return passes ? { is: 'retry', problem, afterMs: retryAfterMs } : { is: 'refused', problem };
}

/** Whether anybody answers at a URL at all; any status will do. */
export async function reachable(url: string, timeoutMs: number): Promise<string | null> {
  const { origin } = new URL(url);
  const answer = await request(origin, { method: 'GET', headers: {}, timeoutMs });
  // A server that sends one elsewhere is there.
  return answer.is === 'answer' || answer.problem.includes('redirect') ? null : answer.problem;
}
