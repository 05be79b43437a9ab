// openai: Chat Completions.
import { call, joined, weather } from './call.mjs';

export const modules = ['openai'];

export async function run({ OpenAI }) {
  const client = new OpenAI({ baseURL: process.env.PROVIDER_URL, apiKey: 'none', maxRetries: 0, timeout: 300 });
  const ask = (content, rest) =>
    client.chat.completions.create({ model: 'gpt-5', messages: [{ role: 'user', content }], ...rest });
  const tools = [
    {
      type: 'function',
      function: { name: weather.name, description: weather.description, parameters: weather.schema },
    },
  ];
  const textOf = (chunk) => chunk.choices[0]?.delta.content;
  const streamed = async (content) => joined(await ask(content, { stream: true }), textOf);

  await call('whole', async () => (await ask('please')).choices[0].message.content);
  await call('streamed', () => streamed('please'));
  await call('tool', async () => (await ask('please', { tools })).choices[0].message.tool_calls[0].function.name);
  await call('streamed-tool', async () =>
    joined(
      await ask('please', { tools, stream: true }),
      (chunk) => chunk.choices[0]?.delta.tool_calls?.[0].function.arguments,
    ),
  );
  await call('fail', () => ask('fail'));
  await call('limit', () => ask('limit'));
  await call('hang', () => ask('hang'));
  await call('break', () => streamed('break'));
}
