// @google/genai: the Gemini API.
import { call, joined, weather } from './call.mjs';

export const modules = ['@google/genai'];

export async function run({ GoogleGenAI }) {
  const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: process.env.PROVIDER_URL, timeout: 300 } });
  const asked = (contents, config = {}) => ({ model: 'gemini-3-pro', contents, config });
  const ask = (contents, config) => client.models.generateContent(asked(contents, config));
  const tools = [
    {
      functionDeclarations: [
        { name: weather.name, description: weather.description, parametersJsonSchema: weather.schema },
      ],
    },
  ];
  const streamed = async (contents) =>
    joined(await client.models.generateContentStream(asked(contents)), (chunk) => chunk.text);

  await call('whole', async () => (await ask('please')).text);
  await call('streamed', () => streamed('please'));
  await call('tool', async () => (await ask('please', { tools })).functionCalls[0].name);
  await call('fail', () => ask('fail'));
  await call('limit', () => ask('limit'));
  await call('break', () => streamed('break'));
}
