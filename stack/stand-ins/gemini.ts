/** As the Gemini API's generateContent and streamGenerateContent answer. */
import { eventStream, place, sentence, words, type Dialect } from './answer.ts';

export const gemini: Dialect = {
  answer(path, { tools, contents }) {
    const model = /models\/([^:]+):/.exec(path)?.[1] ?? '';
    const hasRun = JSON.stringify(contents).includes('functionResponse');
    const name = hasRun ? undefined : tools?.[0]?.functionDeclarations?.[0]?.name;
    const said = (part: object, rest: object = {}) => ({
      responseId: 'gen-1',
      modelVersion: `${model}-001`,
      candidates: [{ index: 0, content: { role: 'model', parts: [part] }, ...rest }],
      usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 5, totalTokenCount: 17 },
    });
    const end = { finishReason: 'STOP' };
    const parts = name === undefined ? words.map((text) => ({ text })) : [{ functionCall: { name, args: place } }];
    return {
      whole: said(name === undefined ? { text: sentence } : { functionCall: { name, args: place } }, end),
      chunks: path.includes('streamGenerateContent')
        ? parts.map((part, i) => `data: ${JSON.stringify(said(part, i === parts.length - 1 ? end : {}))}\r\n\r\n`)
        : null,
      mediaType: eventStream,
    };
  },
  error: (status) => ({
    error: { code: status, message: `It said ${status}`, status: status === 429 ? 'RESOURCE_EXHAUSTED' : 'INTERNAL' },
  }),
};
