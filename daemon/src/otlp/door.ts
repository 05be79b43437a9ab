/** Who may send spans: the bearer token, when one is set; when nobody is asked, this machine's own programs and no web page. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback, isOpen, type OtlpSettings } from './settings.ts';

export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

/** Null when the request may come in. A certificate has been checked by then. */
export function refusalOf(settings: OtlpSettings, headers: IncomingHttpHeaders): Refusal | null {
  if (settings.token !== '' && !sameSecret(headers.authorization, `Bearer ${settings.token}`)) {
    const message =
      'the bearer token is missing or wrong. Set the header "Authorization: Bearer <token>" in the exporter.';
    return { status: 401, message };
  }
  if (!isOpen(settings)) return null;
  // A page in a browser on this machine can reach the port, by its address or by a name of the page's own.
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  if (headers.origin !== undefined) {
    return { status: 403, message: 'without a token only programs may send, and no web page.' };
  }
  if (isLoopback(host)) return null;
  return {
    status: 403,
    message: `without a token only programs on this machine may send, to 127.0.0.1; this is ${host}.`,
  };
}

/** Hashed first, so that neither content nor length shows in the time it takes. */
function sameSecret(given: string | undefined, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(secret));
}
