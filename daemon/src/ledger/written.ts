/** Entries that the daemon writes itself: canonical JSON (RFC 8785), so that anyone can re-create the bytes. */
import { randomBytes } from 'node:crypto';
import canonicalize from 'canonicalize';
import { uuidV7, type CountersignEvent, type DaemonEvent, type HumanDecisionEvent } from '@countersign/contract';
import { newEntry, type Entry } from './entry.ts';

export type NewId = (now: Date) => string;
export const newUuid: NewId = (now) => uuidV7(now.getTime(), randomBytes(10));

type Written = DaemonEvent | HumanDecisionEvent;
type Body = { [E in Written as E['type']]: Pick<E, 'type' | 'subject' | 'data'> }[Written['type']] & {
  traceparent?: string;
};

/** An event of the daemon's, now, with its bytes. */
export function writtenEntry(body: Body, now: Date, newId: NewId): Entry {
  const event = {
    specversion: '1.0',
    id: newId(now),
    source: 'countersign/daemon',
    time: now.toISOString(),
    datacontenttype: 'application/json',
    ...body,
  } as CountersignEvent;
  const text = canonicalize(event);
  if (text === undefined) throw new TypeError('an event has to be an object');
  return newEntry(event, Buffer.from(text, 'utf8'));
}
