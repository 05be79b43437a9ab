/**
 * A lever is pulled at most once, however often it is sent: the same request under the same Idempotency-Key gets the answer of the
 * first and does nothing. Where that answer was lost with the daemon it is told so. After draft-ietf-httpapi-idempotency-key-header-07; a key is remembered for a day.
 */
import { Uuid, type ApiError } from '@countersign/contract';
import canonicalize from 'canonicalize';
import { createHash } from 'node:crypto';
import { Check } from 'typebox/value';
import type { Pool } from '../database/index.ts';
import * as store from './store.ts';

export interface OnceOptions {
  readonly pool: Pool;
  readonly now: () => Date;
}

export interface Sent {
  /** Of the header, as it came. */
  readonly key: unknown;
  readonly person: string;
  /** With what it is asked of. */
  readonly route: string;
  readonly body: unknown;
}

export type Begun =
  | { readonly is: 'new'; readonly key: string }
  | { readonly is: 'done'; readonly status: number; readonly answer: string }
  | { readonly is: 'refused'; readonly error: ApiError['error']; readonly message: string };

const rememberedForMs = 86_400_000;
/** One that began earlier and has not ended may have gone with its daemon, before or after it came about. */
const unknownAfterMs = 60_000;

export class Once {
  private readonly options: OnceOptions;

  constructor(options: OnceOptions) {
    this.options = options;
  }

  /** Whether a request is to be carried out, was, or cannot be. */
  async begin({ key, person, route, body }: Sent): Promise<Begun> {
    const { pool, now } = this.options;
    if (!Check(Uuid, key)) {
      const given = key === undefined ? 'is missing' : `is ${JSON.stringify(key)}`;
      return refused('bad_request', `the header Idempotency-Key ${given}. Send a new UUID with each wish.`);
    }
    const request_hash = createHash('sha256')
      .update(canonicalize({ person, route, body }) ?? '')
      .digest();
    const at = now();
    const forgotten = new Date(at.getTime() - rememberedForMs);
    if (await store.beginRequest(pool, { key, person, request_hash, begun_at: at }, forgotten))
      return { is: 'new', key };
    const earlier = await store.readRequest(pool, key);
    if (earlier === null) throw new Error(`the request ${key} was there, and is gone`);
    if (earlier.person !== person || !earlier.request_hash.equals(request_hash)) {
      return refused('bad_request', 'Idempotency-Key was used for another request. Choose a new one.');
    }
    if (earlier.status !== null) return { is: 'done', status: earlier.status, answer: earlier.answer ?? '' };
    if (at.getTime() - earlier.begun_at.getTime() > unknownAfterMs) {
      return refused(
        'refused',
        'It is not known whether this came about: the daemon ended, or lost PostgreSQL, meanwhile. Look, and ask anew if it did not.',
      );
    }
    return refused('unavailable', 'The same request is under way. Send it again in a moment to hear what came of it.');
  }

  /** Keeps what came of a request, whatever it was: under its key it is never carried out a second time. */
  end(key: string, status: number, answer: string): Promise<void> {
    return store.endRequest(this.options.pool, key, status, answer);
  }
}

const refused = (error: ApiError['error'], message: string): Begun => ({ is: 'refused', error, message });
