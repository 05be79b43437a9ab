/** As Anthropic's Messages answer. The tool that is used is the first that is offered, once. */
import { eventStream, place, sentence, words, type Dialect } from './answer.ts';

export const anthropic: Dialect = {
  answer(_path, { model, stream, tools, messages }) {
    const hasRun = JSON.stringify(messages).includes('tool_result');
    const tool = hasRun ? undefined : tools?.[0]?.name;
    const message = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: `${model}-20260807`,
      content:
        tool === undefined
          ? [{ type: 'text', text: sentence }]
          : [{ type: 'tool_use', id: 'toolu_1', name: tool, input: place }],
      stop_reason: tool === undefined ? 'end_turn' : 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 12, output_tokens: 5 },
    };
    return { whole: message, chunks: stream === true ? eventsOf(message) : null, mediaType: eventStream };
  },
  error: (status) => ({
    type: 'error',
    error: { type: status === 429 ? 'rate_limit_error' : 'api_error', message: `It said ${status}` },
  }),
};

interface Message {
  readonly content: readonly object[];
  readonly stop_reason: string;
}

function eventsOf(message: Message): string[] {
  const event = (type: string, rest: object = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  const delta = (change: object) => event('content_block_delta', { index: 0, delta: change });
  const isTool = message.stop_reason === 'tool_use';
  const begun = isTool ? { ...message.content[0], input: {} } : { type: 'text', text: '' };
  const usage = { input_tokens: 12, output_tokens: 1 };
  return [
    event('message_start', { message: { ...message, content: [], stop_reason: null, usage } }),
    event('content_block_start', { index: 0, content_block: begun }),
    ...(isTool
      ? [delta({ type: 'input_json_delta', partial_json: JSON.stringify(place) })]
      : words.map((text) => delta({ type: 'text_delta', text }))),
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: { output_tokens: 5 },
    }),
    event('message_stop'),
  ];
}
