// Anthropic's own quick start, with another address of the provider.
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: process.env.PROVIDER_URL, apiKey: 'none', maxRetries: 0 });

const message = await client.messages.create({
  model: 'claude-sonnet-5',
  max_tokens: 1000,
  messages: [
    { role: 'user', content: 'What should I search for to find the latest developments in renewable energy?' },
  ],
});
console.log(message.content[0].text);
