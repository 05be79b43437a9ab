/** Names on NATS: streams, subjects, buckets, and the partition that keeps one workflow in one place. */

export const streams = {
  events: 'COUNTERSIGN_EVENTS',
  verdicts: 'COUNTERSIGN_VERDICTS',
  dead: 'COUNTERSIGN_DEAD',
} as const;

export const buckets = { authority: 'countersign_breakers', snapshots: 'countersign_snapshots' } as const;

export const subjectsOf = {
  events: 'countersign.events.>',
  verdicts: 'countersign.verdicts.>',
  dead: 'countersign.dead.>',
} as const;

export const partitions = 64;

const utf8 = new TextEncoder();

/** FNV-1a, 32 bits, over the UTF-8 bytes (RFC 9923), then modulo the number of partitions. */
export function partitionOf(workflowId: string): number {
  let hash = 0x811c9dc5;
  for (const byte of utf8.encode(workflowId)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % partitions;
}

export type EventKind = 'decision_ai' | 'decision_human' | 'outcome' | 'compensation';

export const eventSubject = (workflowId: string, kind: EventKind): string =>
  `countersign.events.${partitionOf(workflowId)}.${kind}`;

export const verdictSubject = (workflowId: string): string => `countersign.verdicts.${workflowId}`;

/** The durable consumer through which a workflow's services get their verdicts; the daemon makes it. */
export const verdictConsumer = (workflowId: string): string => `verdicts-${workflowId}`;

/** An event of at most this many bytes is accepted; 2 KB is usual. */
export const largestEventBytes = 1_048_576;
