/** Both encodings give the same spans; what is broken is refused by name, and nothing else is ever thrown. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { readJson } from './json.ts';
import { readProtobuf, writeResponse, writeStatus } from './protobuf.ts';
import { MalformedRequest, RequestTooLarge, type AttributeValue } from './span.ts';

const recorded = gunzipSync(readFileSync(new URL('fixtures/python.pb.gz', import.meta.url)));
const json = (request: unknown) => Buffer.from(JSON.stringify(request));
const ofSpan = (span: object) =>
  json({
    resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: '0a'.repeat(16), spanId: '0b'.repeat(8), ...span }] }] }],
  });
const valueOf = (value: unknown): AttributeValue | undefined =>
  readJson(ofSpan({ attributes: [{ key: 'a', value }] }))[0]?.attributes['a'];

describe('protobuf', () => {
  it('reads what the Python exporter sends', () => {
    const spans = readProtobuf(recorded);
    expect(spans.map(({ name }) => name)).toEqual(['decide application', 'POST /applications', 'review application']);
    const [decision, , review] = spans;
    expect(decision).toMatchObject({ service: 'bank/loan-service', scope: 'loan-service', failed: false });
    expect(decision?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(decision?.attributes).toMatchObject({
      'decision.task.title': 'Zoë, 12 000 €',
      'decision.confidence': 0.91,
      'decision.reversible': false,
      'decision.feature.income': 5200,
    });
    expect(review?.links).toEqual([
      { traceId: decision?.traceId, spanId: decision?.spanId, attributes: { 'decision.link.type': 'reviews' } },
    ]);
    expect(Number((decision?.endNanos ?? 0n) / 1_000_000n)).toBeGreaterThan(Date.UTC(2026, 0));
  });

  it('refuses every beginning of a request that is cut off within, and takes the whole', () => {
    for (const length of [1, 7, 100, recorded.length - 1]) {
      expect(() => readProtobuf(recorded.subarray(0, length))).toThrow(MalformedRequest);
    }
  });

  it('refuses what is millions of empty messages, in both encodings', () => {
    const empty = Buffer.alloc(2_200_000, Buffer.from([0x12, 0]));
    const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(empty);
    expect(() => readProtobuf(writer.finish())).toThrow(RequestTooLarge);
    const scopes = `{"resourceSpans":[{"scopeSpans":[${'{},'.repeat(1_100_000)}{}]}]}`;
    expect(() => readJson(Buffer.from(scopes))).toThrow(RequestTooLarge);
  });

  it('throws nothing but its own errors, whatever the bytes', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      // A real request with some bytes changed.
      fc.array(fc.tuple(fc.nat(recorded.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }).map((changes) => {
        const bytes = Uint8Array.from(recorded);
        for (const [at, byte] of changes) bytes[at] = byte;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(hostile, (bytes) => {
        try {
          readProtobuf(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedRequest);
        }
      }),
    );
  });

  it('leaves out what is nested deeper than anything means', () => {
    let value = new BinaryWriter().tag(1, WireType.LengthDelimited).string('deep').finish();
    const wrap = (inner: Uint8Array, field: number) =>
      new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(inner).finish();
    for (let i = 0; i < 5_000; i++) value = wrap(wrap(value, 1), 5);
    const pair = Buffer.concat([
      new BinaryWriter().tag(1, WireType.LengthDelimited).string('a').finish(),
      wrap(value, 2),
    ]);
    const request = wrap(wrap(wrap(wrap(pair, 9), 2), 2), 1);
    expect(JSON.stringify(readProtobuf(request)[0]?.attributes).length).toBeLessThan(100);
  });

  it('takes 10,000 spans at once and no more', () => {
    const spans = (count: number) => {
      const scope = Buffer.alloc(count * 2, Buffer.of(0x12, 0x00));
      const wrap = (inner: Uint8Array, field: number) =>
        new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(inner).finish();
      return wrap(wrap(scope, 2), 1);
    };
    expect(readProtobuf(spans(10_000))).toHaveLength(10_000);
    expect(() => readProtobuf(spans(10_001))).toThrow(RequestTooLarge);
  });

  it('answers as the service of OTLP does', () => {
    expect(writeResponse({ count: 0, message: '' })).toHaveLength(0);
    const reader = new BinaryReader(writeResponse({ count: 3, message: 'why' }));
    expect([reader.tag(), reader.uint32()]).toEqual([[1, WireType.LengthDelimited], 7]);
    expect([reader.tag()[0], Number(reader.int64()), reader.tag()[0], reader.string()]).toEqual([1, 3, 2, 'why']);
    const status = new BinaryReader(writeStatus(14, 'again'));
    expect([status.tag()[0], status.int32(), status.tag()[0], status.string()]).toEqual([1, 14, 2, 'again']);
  });
});

describe('JSON', () => {
  it('reads ids in hexadecimal of either case, and integers as text or number', () => {
    const attributes = [
      { key: 'text', value: { intValue: '42' } },
      { key: 'number', value: { intValue: 43 } },
      { key: 'large', value: { intValue: '9007199254740993' } },
    ];
    const links = [{ traceId: 'AB'.repeat(16), spanId: 'CD'.repeat(8) }];
    const span = {
      traceId: 'AB'.repeat(16),
      spanId: 'CD'.repeat(8),
      endTimeUnixNano: '1790000000000000001',
      flags: 257,
      droppedAttributesCount: 7,
    };
    expect(readJson(ofSpan({ ...span, name: 'n', attributes, links, status: { code: 2 }, unknown: [] }))).toEqual([
      {
        traceId: 'ab'.repeat(16),
        spanId: 'cd'.repeat(8),
        traceState: '',
        flags: 257,
        name: 'n',
        startNanos: 0n,
        endNanos: 1_790_000_000_000_000_001n,
        attributes: { text: 42, number: 43, large: '9007199254740993' },
        links: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), attributes: {} }],
        droppedAttributes: 7,
        failed: true,
        scope: '',
        service: 'unknown_service',
      },
    ]);
  });

  it('reads every kind of value', () => {
    expect(valueOf({ stringValue: '' })).toBe('');
    expect(valueOf({ boolValue: false })).toBe(false);
    expect(valueOf({ doubleValue: 0.5 })).toBe(0.5);
    expect(valueOf({ doubleValue: 'NaN' })).toBeNaN();
    expect(valueOf({ doubleValue: '-1.5e3' })).toBe(-1_500);
    // What JavaScript would take for a number, and OTLP does not.
    for (const none of ['', '0x1', ' 1']) expect(valueOf({ doubleValue: none })).toBeNull();
    expect(valueOf({ bytesValue: 'AQI=' })).toBe('AQI=');
    expect(valueOf({ arrayValue: { values: [{ intValue: 1 }, { stringValue: 'b' }] } })).toEqual([1, 'b']);
    expect(valueOf({ kvlistValue: { values: [{ key: '__proto__', value: { intValue: 1 } }] } })).toHaveProperty(
      ['__proto__'],
      1,
    );
    expect(valueOf({})).toBeNull();
  });

  it.each([
    ['not JSON', '{"resourceSpans":', /no JSON/],
    ['not UTF-8', Buffer.of(0x22, 0xff, 0x22), /no JSON/],
    ['no object', '[]', /the body is a list, want an object/],
    ['no list', '{"resourceSpans":{}}', /resourceSpans is an object, want a list/],
    ['no time', ofSpan({ endTimeUnixNano: 1.5 }), /endTimeUnixNano is 1.5, want a whole number/],
    ['a name that is none', ofSpan({ name: 7 }), /name is 7, want text/],
    ['deeper than any stack', `{"resourceSpans":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}`, /want an object/],
  ])('refuses what is %s, and says where', (_what, body, problem) => {
    expect(() => readJson(Buffer.from(body))).toThrow(problem);
    expect(() => readJson(Buffer.from(body))).toThrow(MalformedRequest);
  });

  it('throws nothing but its own errors, whatever the JSON', () => {
    const key = fc.constantFrom(
      'resourceSpans',
      'scopeSpans',
      'spans',
      'attributes',
      'links',
      'key',
      'value',
      'status',
    );
    const { any } = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 8 }, fc.string(), fc.double(), fc.constant(null), tie('list'), tie('object')),
      list: fc.array(tie('any'), { maxLength: 3 }),
      object: fc.dictionary(key, tie('any'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(any, (value) => {
        try {
          readJson(json({ resourceSpans: [{ scopeSpans: [{ spans: [value] }] }] }));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedRequest);
        }
      }),
    );
  });
});
