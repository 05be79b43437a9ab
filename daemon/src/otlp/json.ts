/** OTLP's messages in JSON: ids in hexadecimal, names in lowerCamelCase, 64-bit integers as text or number. Unknown fields are skipped. */
import {
  Budget,
  deepestValue,
  integer,
  MalformedRequest,
  noAttributes,
  serviceOf,
  statusError,
  type Attributes,
  type AttributeValue,
  type Link,
  type Span,
} from './span.ts';

type Json = Readonly<Record<string, unknown>>;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The spans of an ExportTraceServiceRequest. */
export function readJson(bytes: Uint8Array): Span[] {
  let request: unknown;
  try {
    request = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new MalformedRequest(`the body is no JSON: ${String(error)}.`);
  }
  const budget = new Budget();
  return listOf(objectOf(request, 'the body'), 'resourceSpans', budget).flatMap((resourceSpans) => {
    const service = serviceOf(attributesOf(fieldOf(resourceSpans, 'resource'), budget));
    return listOf(resourceSpans, 'scopeSpans', budget).flatMap((scopeSpans) => {
      const scope = textOf(fieldOf(scopeSpans, 'scope'), 'name');
      return listOf(scopeSpans, 'spans', budget).map((span) => readSpan(span, budget, scope, service));
    });
  });
}

function readSpan(span: Json, budget: Budget, scope: string, service: string): Span {
  budget.spend('spans');
  return {
    ...readLink(span, budget),
    name: textOf(span, 'name'),
    traceState: textOf(span, 'traceState'),
    flags: Number(integerOf(span, 'flags')),
    startNanos: integerOf(span, 'startTimeUnixNano'),
    endNanos: integerOf(span, 'endTimeUnixNano'),
    droppedAttributes: Number(integerOf(span, 'droppedAttributesCount')),
    links: listOf(span, 'links', budget).map((link) => {
      budget.spend('attributes');
      return readLink(link, budget);
    }),
    failed: Number(integerOf(fieldOf(span, 'status'), 'code')) === statusError,
    scope,
    service,
  };
}

const readLink = (link: Json, budget: Budget): Link => ({
  traceId: idOf(link, 'traceId', 32),
  spanId: idOf(link, 'spanId', 16),
  attributes: attributesOf(link, budget),
});

function attributesOf(holder: Json, budget: Budget, name = 'attributes', depth = deepestValue): Attributes {
  const attributes = noAttributes();
  for (const pair of listOf(holder, name, budget)) {
    budget.spend('attributes');
    attributes[textOf(pair, 'key')] = valueOf(fieldOf(pair, 'value'), budget, depth);
  }
  return attributes;
}

function valueOf(value: Json, budget: Budget, depth: number): AttributeValue {
  const { stringValue, boolValue, intValue, doubleValue, bytesValue } = value;
  if (typeof stringValue === 'string') return stringValue;
  if (typeof boolValue === 'boolean') return boolValue;
  if (intValue !== undefined && intValue !== null) return integer(integerOf(value, 'intValue'));
  // "NaN" and "Infinity" are written as text.
  if (typeof doubleValue === 'number') return doubleValue;
  if (typeof doubleValue === 'string' && isDouble.test(doubleValue)) return Number(doubleValue);
  if (typeof bytesValue === 'string') return bytesValue;
  if (depth <= 1) return null;
  const { arrayValue, kvlistValue } = value;
  if (arrayValue !== undefined && arrayValue !== null) {
    return listOf(fieldOf(value, 'arrayValue'), 'values', budget).map((inner) => {
      budget.spend('attributes');
      return valueOf(inner, budget, depth - 1);
    });
  }
  if (kvlistValue !== undefined && kvlistValue !== null) {
    return attributesOf(fieldOf(value, 'kvlistValue'), budget, 'values', depth - 1);
  }
  return null;
}

const isDouble = /^(?:NaN|-?Infinity|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

function idOf(holder: Json, name: string, digits: number): string {
  const id = textOf(holder, name).toLowerCase();
  return id.length === digits && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id) ? id : '';
}

function integerOf(holder: Json, name: string): bigint {
  const value = holder[name] ?? 0;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw unlike(name, value, 'a whole number');
}

function textOf(holder: Json, name: string): string {
  const value = holder[name] ?? '';
  if (typeof value === 'string') return value;
  throw unlike(name, value, 'text');
}

const fieldOf = (holder: Json, name: string): Json => objectOf(holder[name] ?? {}, name);

function listOf(holder: Json, name: string, budget: Budget): Json[] {
  const value = holder[name] ?? [];
  if (!Array.isArray(value)) throw unlike(name, value, 'a list');
  return value.map((item: unknown) => {
    budget.spend('fields');
    return objectOf(item, `an item of ${name}`);
  });
}

function objectOf(value: unknown, name: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw unlike(name, value, 'an object');
}

function unlike(name: string, value: unknown, wanted: string): MalformedRequest {
  // What is deep cannot be written out.
  const deep = Array.isArray(value) ? 'a list' : 'an object';
  const text = typeof value === 'object' && value !== null ? deep : JSON.stringify(value).slice(0, 100);
  return new MalformedRequest(`${name} is ${text}, want ${wanted}. Send an ExportTraceServiceRequest.`);
}
