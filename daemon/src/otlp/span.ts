/** A span as it was received: what the two encodings of OTLP have in common, and how much of it is taken. */

export type AttributeValue =
  string | number | boolean | null | readonly AttributeValue[] | { readonly [key: string]: AttributeValue };

/** Without a prototype, because whoever sends chooses the names. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface Link {
  /** Lower-case hexadecimal; empty when it is no id. */
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export interface Span extends Link {
  readonly name: string;
  readonly traceState: string;
  /** Bits 0 to 7 are those of W3C Trace Context. */
  readonly flags: number;
  /** Unix time; 0 when it is not known. */
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly links: readonly Link[];
  /** Attributes that its SDK has left out, because there were too many. */
  readonly droppedAttributes: number;
  /** Its status is ERROR. */
  readonly failed: boolean;
  /** Name of the instrumentation that made it. */
  readonly scope: string;
  /** service.namespace and service.name. */
  readonly service: string;
}

export const statusError = 2;

/** The request cannot be read. */
export class MalformedRequest extends Error {
  override readonly name = 'MalformedRequest';
}

/** It holds more than is taken at once. */
export class RequestTooLarge extends Error {
  override readonly name = 'RequestTooLarge';
}

/** Deeper values are left out. */
export const deepestValue = 16;

const most = { spans: 10_000, attributes: 200_000, fields: 1_000_000 };

/** Counts what is made of a request: a few bytes of it can become an object of a hundred. */
export class Budget {
  private readonly spent = { spans: 0, attributes: 0, fields: 0 };

  spend(what: keyof typeof most): void {
    this.spent[what] += 1;
    if (this.spent[what] > most[what]) {
      throw new RequestTooLarge(`the request has more than ${most[what]} ${what}. Export smaller batches.`);
    }
  }
}

export const noAttributes = (): Record<string, AttributeValue> => Object.create(null) as Record<string, AttributeValue>;

/** As CloudEvents' source. */
export function serviceOf(resource: Attributes): string {
  const { 'service.namespace': namespace, 'service.name': name } = resource;
  const said = [namespace, name].filter((part): part is string => typeof part === 'string' && part !== '');
  return said.length === 0 ? 'unknown_service' : said.join('/').slice(0, 500);
}

/** Exact as a number, or else as text. */
export const integer = (value: bigint): number | string =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value.toString();
