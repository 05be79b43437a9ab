// OpenAI's own quick start, once whole and once streamed, with another address of the provider.
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.env.PROVIDER_URL, apiKey: 'none', maxRetries: 0 });
const messages = [{ role: 'user', content: process.argv[2] ?? 'Say this is a test' }];

const completion = await client.chat.completions.create({ model: 'gpt-5', messages });
console.log(completion.choices[0].message.content);

const stream = await client.chat.completions.create({ model: 'gpt-5', messages, stream: true });
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? '');
