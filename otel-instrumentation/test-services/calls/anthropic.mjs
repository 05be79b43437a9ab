// @anthropic-ai/sdk: Messages.
import { call, joined, weather } from './call.mjs';

export const modules = ['@anthropic-ai/sdk'];

export async function run({ Anthropic }) {
  const client = new Anthropic({ baseURL: process.env.PROVIDER_URL, apiKey: 'none', maxRetries: 0, timeout: 300 });
  const asked = (content, rest) => ({
    model: 'claude-sonnet-5',
    max_tokens: 1000,
    messages: [{ role: 'user', content }],
    ...rest,
  });
  const ask = (content, rest) => client.messages.create(asked(content, rest));
  const tools = [{ name: weather.name, description: weather.description, input_schema: weather.schema }];
  const streamed = async (content) => joined(await ask(content, { stream: true }), (event) => event.delta?.text);

  await call('whole', async () => (await ask('please')).content[0].text);
  await call('streamed', () => streamed('please'));
  await call('helper', async () => client.messages.stream(asked('please')).finalText());
  await call('tool', async () => (await ask('please', { tools })).content[0].name);
  await call('fail', () => ask('fail'));
  await call('limit', () => ask('limit'));
  await call('hang', () => ask('hang'));
  // OpenInference's reads a copy of the stream, and lets the process die when that breaks off.
  if (process.env.ANTHROPIC_OPEN_TELEMETRY !== 'false') await call('break', () => streamed('break'));
}
