/**
 * OTLP's messages in protobuf, of opentelemetry-proto 1.x: the few fields that become events are read, all others are
 * skipped. Field numbers never change their meaning.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Rejections } from './receiver.ts';
import {
  Budget,
  deepestValue,
  integer,
  MalformedRequest,
  noAttributes,
  RequestTooLarge,
  serviceOf,
  statusError,
  type Attributes,
  type AttributeValue,
  type Link,
  type Span,
} from './span.ts';

const { Varint, Bit32, Bit64, LengthDelimited } = WireType;

type Field = readonly [wire: WireType, take: (reader: BinaryReader) => void];

/** Hands each known field to its taker; one of another wire type is an unknown field. */
function readMessage(bytes: Uint8Array, budget: Budget, fields: Readonly<Record<number, Field>>): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    budget.spend('fields');
    const [number, wire] = reader.tag();
    const field = fields[number];
    if (field !== undefined && field[0] === wire) field[1](reader);
    else reader.skip(wire, number);
  }
  if (reader.pos > reader.len) throw new RangeError('a message ends too early');
}

/** Throws for what is no UTF-8: what stands for it would go on record as if it had been said. */
const text = (reader: BinaryReader): string => utf8.decode(reader.bytes());
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The spans of an ExportTraceServiceRequest. */
export function readProtobuf(bytes: Uint8Array): Span[] {
  const budget = new Budget();
  const spans: Span[] = [];
  try {
    readMessage(bytes, budget, { 1: [LengthDelimited, (r) => readResourceSpans(r.bytes(), budget, spans)] });
    return spans;
  } catch (error) {
    if (error instanceof RequestTooLarge) throw error;
    throw new MalformedRequest(`the body is no ExportTraceServiceRequest in protobuf: ${String(error)}.`);
  }
}

function readResourceSpans(bytes: Uint8Array, budget: Budget, spans: Span[]): void {
  const resource = noAttributes();
  const scopes: Uint8Array[] = [];
  readMessage(bytes, budget, {
    1: [
      LengthDelimited,
      (r) => readMessage(r.bytes(), budget, { 1: [LengthDelimited, (inner) => readKeyValue(inner, budget, resource)] }),
    ],
    2: [LengthDelimited, (r) => scopes.push(r.bytes())],
  });
  const service = serviceOf(resource);
  for (const scope of scopes) readScopeSpans(scope, service, budget, spans);
}

function readScopeSpans(bytes: Uint8Array, service: string, budget: Budget, spans: Span[]): void {
  let scope = '';
  const written: Uint8Array[] = [];
  readMessage(bytes, budget, {
    1: [
      LengthDelimited,
      (r) => readMessage(r.bytes(), budget, { 1: [LengthDelimited, (inner) => (scope = text(inner))] }),
    ],
    2: [
      LengthDelimited,
      (r) => {
        budget.spend('spans');
        written.push(r.bytes());
      },
    ],
  });
  for (const span of written) spans.push({ ...readSpan(span, budget), scope, service });
}

function readSpan(bytes: Uint8Array, budget: Budget): Omit<Span, 'scope' | 'service'> {
  let [traceId, spanId, traceState, name] = ['', '', '', ''];
  let [startNanos, endNanos] = [0n, 0n];
  let [flags, code, droppedAttributes] = [0, 0, 0];
  const attributes = noAttributes();
  const links: Link[] = [];
  readMessage(bytes, budget, {
    1: [LengthDelimited, (r) => (traceId = idOf(r.bytes(), 16))],
    2: [LengthDelimited, (r) => (spanId = idOf(r.bytes(), 8))],
    3: [LengthDelimited, (r) => (traceState = text(r))],
    5: [LengthDelimited, (r) => (name = text(r))],
    7: [Bit64, (r) => (startNanos = BigInt(r.fixed64()))],
    8: [Bit64, (r) => (endNanos = BigInt(r.fixed64()))],
    9: [LengthDelimited, (r) => readKeyValue(r, budget, attributes)],
    10: [Varint, (r) => (droppedAttributes = r.uint32())],
    13: [LengthDelimited, (r) => links.push(readLink(r.bytes(), budget))],
    15: [LengthDelimited, (r) => readMessage(r.bytes(), budget, { 3: [Varint, (inner) => (code = inner.int32())] })],
    16: [Bit32, (r) => (flags = r.fixed32())],
  });
  const failed = code === statusError;
  return {
    traceId,
    spanId,
    traceState,
    flags,
    name,
    startNanos,
    endNanos,
    attributes,
    droppedAttributes,
    links,
    failed,
  };
}

function readLink(bytes: Uint8Array, budget: Budget): Link {
  budget.spend('attributes');
  let [traceId, spanId] = ['', ''];
  const attributes = noAttributes();
  readMessage(bytes, budget, {
    1: [LengthDelimited, (r) => (traceId = idOf(r.bytes(), 16))],
    2: [LengthDelimited, (r) => (spanId = idOf(r.bytes(), 8))],
    4: [LengthDelimited, (r) => readKeyValue(r, budget, attributes)],
  });
  return { traceId, spanId, attributes };
}

function readKeyValue(
  reader: BinaryReader,
  budget: Budget,
  into: Record<string, AttributeValue>,
  depth = deepestValue,
): void {
  budget.spend('attributes');
  let key = '';
  let value: AttributeValue = null;
  readMessage(reader.bytes(), budget, {
    1: [LengthDelimited, (r) => (key = text(r))],
    2: [LengthDelimited, (r) => (value = readAnyValue(r.bytes(), budget, depth))],
  });
  into[key] = value;
}

function readAnyValue(bytes: Uint8Array, budget: Budget, depth: number): AttributeValue {
  let value: AttributeValue = null;
  readMessage(bytes, budget, {
    1: [LengthDelimited, (r) => (value = text(r))],
    2: [Varint, (r) => (value = r.bool())],
    3: [Varint, (r) => (value = integer(BigInt(r.int64())))],
    4: [Bit64, (r) => (value = r.double())],
    5: [LengthDelimited, (r) => (value = readArray(r.bytes(), budget, depth - 1))],
    6: [LengthDelimited, (r) => (value = readKeyValues(r.bytes(), budget, depth - 1))],
    7: [LengthDelimited, (r) => (value = Buffer.from(r.bytes()).toString('base64'))],
  });
  return value;
}

function readArray(bytes: Uint8Array, budget: Budget, depth: number): AttributeValue {
  if (depth <= 0) return null;
  const values: AttributeValue[] = [];
  readMessage(bytes, budget, {
    1: [
      LengthDelimited,
      (r) => {
        budget.spend('attributes');
        values.push(readAnyValue(r.bytes(), budget, depth));
      },
    ],
  });
  return values;
}

function readKeyValues(bytes: Uint8Array, budget: Budget, depth: number): Attributes | null {
  if (depth <= 0) return null;
  const values = noAttributes();
  readMessage(bytes, budget, { 1: [LengthDelimited, (r) => readKeyValue(r, budget, values, depth)] });
  return values;
}

/** All zeros is no id. */
function idOf(bytes: Uint8Array, length: number): string {
  return bytes.length === length && bytes.some((byte) => byte !== 0) ? Buffer.from(bytes).toString('hex') : '';
}

/** An ExportTraceServiceResponse. */
export function writeResponse({ count, message }: Rejections): Uint8Array {
  const writer = new BinaryWriter();
  if (count === 0) return writer.finish();
  writer.tag(1, LengthDelimited).fork();
  writer.tag(1, Varint).int64(count);
  writer.tag(2, LengthDelimited).string(message);
  return writer.join().finish();
}

/** A google.rpc.Status: the body of every answer that is no success. */
export function writeStatus(code: number, message: string): Uint8Array {
  return new BinaryWriter().tag(1, Varint).int32(code).tag(2, LengthDelimited).string(message).finish();
}
