// @aws-sdk/client-bedrock-runtime: Converse and ConverseStream.
import { call, joined, weather } from './call.mjs';

// Its own default speaks HTTP/2, which the local provider does not.
export const modules = ['@aws-sdk/client-bedrock-runtime', '@smithy/node-http-handler'];

export async function run({ BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand }, { NodeHttpHandler }) {
  const client = new BedrockRuntimeClient({
    region: 'eu-central-1',
    endpoint: process.env.PROVIDER_URL,
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  const asked = (text, rest) => ({
    modelId: 'anthropic.claude-sonnet-5-v1:0',
    messages: [{ role: 'user', content: [{ text }] }],
    ...rest,
  });
  const ask = async (text, rest) =>
    (await client.send(new ConverseCommand(asked(text, rest)))).output.message.content[0];
  const toolConfig = {
    tools: [
      { toolSpec: { name: weather.name, description: weather.description, inputSchema: { json: weather.schema } } },
    ],
  };
  const streamed = async (text) =>
    joined(
      (await client.send(new ConverseStreamCommand(asked(text)))).stream,
      (event) => event.contentBlockDelta?.delta.text,
    );

  await call('whole', async () => (await ask('please')).text);
  await call('streamed', () => streamed('please'));
  await call('tool', async () => (await ask('please', { toolConfig })).toolUse.name);
  await call('fail', () => ask('fail'));
  await call('limit', () => ask('limit'));
  await call('break', () => streamed('break'));
}
