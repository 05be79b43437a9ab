/** As Bedrock's Converse and ConverseStream answer; the stream in the binary frames of `vnd.amazon.eventstream`. */
import { crc32 } from 'node:zlib';
import { place, sentence, words, type Dialect } from './answer.ts';

const usage = { inputTokens: 12, outputTokens: 5, totalTokens: 17 };

export const bedrock: Dialect = {
  answer(path, { toolConfig, messages }) {
    const tools = toolConfig?.tools;
    const hasRun = JSON.stringify(messages).includes('toolResult');
    const name = hasRun ? undefined : tools?.[0]?.toolSpec.name;
    const stopReason = name === undefined ? 'end_turn' : 'tool_use';
    const content = name === undefined ? { text: sentence } : { toolUse: { toolUseId: 'use_1', name, input: place } };
    const deltas =
      name === undefined ? words.map((text) => ({ text })) : [{ toolUse: { input: JSON.stringify(place) } }];
    return {
      whole: {
        output: { message: { role: 'assistant', content: [content] } },
        stopReason,
        usage,
        metrics: { latencyMs: 1 },
      },
      chunks: path.endsWith('/converse-stream')
        ? [
            frame('messageStart', { role: 'assistant' }),
            ...(name === undefined
              ? []
              : [
                  frame('contentBlockStart', {
                    contentBlockIndex: 0,
                    start: { toolUse: { toolUseId: 'use_1', name } },
                  }),
                ]),
            ...deltas.map((delta) => frame('contentBlockDelta', { contentBlockIndex: 0, delta })),
            frame('contentBlockStop', { contentBlockIndex: 0 }),
            frame('messageStop', { stopReason }),
            frame('metadata', { usage, metrics: { latencyMs: 1 } }),
          ]
        : null,
      mediaType: 'application/vnd.amazon.eventstream',
    };
  },
  error: (status) => ({
    __type: status === 429 ? 'ThrottlingException' : 'InternalServerException',
    message: `It said ${status}`,
  }),
};

/** Lengths and their checksum, headers, payload, and the checksum of all that. */
function frame(event: string, body: object): Buffer {
  const headers = Buffer.concat([
    header(':event-type', event),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ]);
  const payload = Buffer.from(JSON.stringify(body));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(headers.length + payload.length + 16, 0);
  lengths.writeUInt32BE(headers.length, 4);
  const checked = Buffer.concat([lengths, number(crc32(lengths)), headers, payload]);
  return Buffer.concat([checked, number(crc32(checked))]);
}

/** A name and a string (type 7). */
function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, Buffer.from(value)]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
