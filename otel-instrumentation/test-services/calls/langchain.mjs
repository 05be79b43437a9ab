// @langchain/core: a chat model, a chain and tools, of the core package alone.
import { call, joined, weather } from './call.mjs';

export const modules = [
  '@langchain/core/tools',
  '@langchain/core/utils/testing',
  '@langchain/core/prompts',
  '@langchain/core/messages',
];

export async function run({ tool }, { FakeListChatModel }, { ChatPromptTemplate }) {
  const model = new FakeListChatModel({ responses: ['This is a test.'] });
  const chain = ChatPromptTemplate.fromTemplate('Say {what}').pipe(model);
  const about = { name: weather.name, description: weather.description, schema: weather.schema };
  const sunny = tool(async ({ location }) => `sunny in ${location}`, about);
  const broken = tool(async () => {
    throw new Error('no satellite');
  }, about);

  await call('whole', async () => (await chain.invoke({ what: 'test' })).content);
  await call('streamed', async () => joined(await model.stream('test'), (chunk) => chunk.content));
  await call('tool', () => sunny.invoke({ location: 'San Francisco' }));
  await call('broken-tool', () => broken.invoke({ location: 'San Francisco' }));
}
