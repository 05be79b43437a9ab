/** As OpenAI's Responses answer: whole, and in words only. */
import { eventStream, sentence, type Dialect } from './answer.ts';
import { openai } from './openai.ts';

export const openaiResponses: Dialect = {
  answer: (_path, { model }) => ({
    whole: {
      id: 'resp_1',
      object: 'response',
      created_at: 1_790_000_000,
      status: 'completed',
      model: `${model}-2026-08-07`,
      output: [
        {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: sentence, annotations: [] }],
        },
      ],
      usage: { input_tokens: 12, output_tokens: 5, total_tokens: 17 },
    },
    chunks: null,
    mediaType: eventStream,
  }),
  error: (status) => openai.error(status),
};
