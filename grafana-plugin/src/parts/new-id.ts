import { uuidV7 } from '@countersign/contract/uuid';

/** A new id. Not `crypto.randomUUID`, which browsers leave out where Grafana is reached without TLS. */
export const newId = (): string => uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
