// The same as a CommonJS module.
const { OpenAI } = require('openai');

const client = new OpenAI({ baseURL: process.env.PROVIDER_URL, apiKey: 'none', maxRetries: 0 });
const messages = [{ role: 'user', content: process.argv[2] ?? 'Say this is a test' }];

client.chat.completions.create({ model: 'gpt-5', messages }).then(
  (completion) => console.log(completion.choices[0].message.content),
  (error) => console.log(error.status),
);
