// The AI SDK: generateText and streamText, with a tool, an error, and an abort.
import { z } from 'zod';
import { call, joined, weather } from './call.mjs';

export const modules = ['ai', '@ai-sdk/openai'];

export async function run({ generateText, streamText, isStepCount, tool }, { createOpenAI }) {
  const openai = createOpenAI({ baseURL: process.env.PROVIDER_URL, apiKey: 'none' });
  const asked = (prompt, rest) => ({
    model: openai.chat('gpt-5'),
    prompt,
    maxRetries: 0,
    stopWhen: isStepCount(5),
    telemetry: { functionId: 'forecaster' },
    // Otherwise it prints them.
    ...rest,
  });
  const weatherWith = (execute) => ({
    tools: {
      weather: tool({ description: weather.description, inputSchema: z.object({ location: z.string() }), execute }),
    },
  });
  const sunny = weatherWith(async ({ location }) => `sunny in ${location}`);
  const broken = weatherWith(async () => {
    throw new Error('no satellite');
  });
  const streamed = async (prompt, rest) => {
    let failed = null;
    const { textStream } = streamText(asked(prompt, { ...rest, onError: ({ error }) => (failed = error) }));
    const text = await joined(textStream, (part) => part);
    if (failed !== null) throw failed;
    return text;
  };

  await call('whole', async () => (await generateText(asked('please'))).text);
  await call('streamed', () => streamed('please'));
  await call('tool', async () => (await generateText(asked('please', sunny))).text);
  await call('streamed-tool', () => streamed('please', sunny));
  await call('broken-tool', async () => (await generateText(asked('please', broken))).text);
  await call('fail', () => generateText(asked('fail')));
  await call('streamed-fail', () => streamed('fail'));
  await call('break', () => streamed('break'));
  await call('abort', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    const { textStream } = streamText(asked('hang', { abortSignal: stop.signal }));
    return joined(textStream, (part) => part);
  });
}
