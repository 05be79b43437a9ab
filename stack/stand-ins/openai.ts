/** As OpenAI's Chat Completions answer. The tool that is called is the first that is offered, once. */
import { eventStream, place, sentence, words, type Asked, type Dialect } from './answer.ts';

export const openai: Dialect = {
  answer(_path, asked) {
    const hasRun = asked.messages?.some(({ role }) => role === 'tool') ?? false;
    const tool = asked.tools?.[0]?.function?.name;
    const call = tool === undefined || hasRun ? null : callOf(tool);
    return {
      whole: completion(asked, call),
      chunks: asked.stream === true ? chunksOf(asked, call) : null,
      mediaType: eventStream,
    };
  },
  error: (status) => ({
    error: { message: `It said ${status}`, type: status === 429 ? 'rate_limit_exceeded' : 'server_error', code: null },
  }),
};

const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };
const callOf = (name: string) => ({
  id: 'call_1',
  type: 'function',
  function: { name, arguments: JSON.stringify(place) },
});
type Call = ReturnType<typeof callOf>;

const about = ({ model }: Asked, id: string, object: string) => ({
  id,
  object,
  created: 1_790_000_000,
  model: `${model}-2026-08-07`,
});

const completion = (asked: Asked, call: Call | null) => ({
  ...about(asked, 'chatcmpl-1', 'chat.completion'),
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        refusal: null,
        ...(call === null ? { content: sentence } : { content: null, tool_calls: [call] }),
      },
      finish_reason: call === null ? 'stop' : 'tool_calls',
      logprobs: null,
    },
  ],
  usage,
});

function chunksOf(asked: Asked, call: Call | null): string[] {
  const chunk = (rest: object) =>
    `data: ${JSON.stringify({ ...about(asked, 'chatcmpl-2', 'chat.completion.chunk'), ...rest })}\n\n`;
  const delta = (change: object) => chunk({ choices: [{ index: 0, delta: change, finish_reason: null }] });
  const said =
    call === null ? words.map((content) => delta({ content })) : [delta({ tool_calls: [{ index: 0, ...call }] })];
  const finish_reason = call === null ? 'stop' : 'tool_calls';
  return [...said, chunk({ choices: [{ index: 0, delta: {}, finish_reason }], usage }), 'data: [DONE]\n\n'];
}
