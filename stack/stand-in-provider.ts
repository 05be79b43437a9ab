/** A local server that answers as OpenAI and Anthropic do: whole, streamed, with a call of a tool, and with an error. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StandInProvider {
  readonly url: string;
  stop(): Promise<void>;
}

interface Asked {
  readonly model: string;
  readonly stream?: boolean;
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** A message that says `fail` is answered by 500. */
export async function startStandInProvider(): Promise<StandInProvider> {
  const server = createServer((request, response) => {
    bodyOf(request).then(
      (asked) => answer(request.url ?? '', asked, response),
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Asked> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return JSON.parse(text) as Asked;
}

function answer(path: string, asked: Asked, response: ServerResponse): void {
  if (JSON.stringify(asked.messages).includes('fail')) {
    return json(response, 500, { error: { message: 'The server had an error', type: 'server_error', code: null } });
  }
  if (path.endsWith('/messages')) return json(response, 200, anthropicMessage(asked));
  if (asked.stream === true) return streamed(asked, response);
  const hasRun = asked.messages.some(({ role }) => role === 'tool');
  const tool = asked.tools?.[0]?.function.name;
  json(response, 200, tool === undefined || hasRun ? completion(asked, said) : completion(asked, callOf(tool)));
}

const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };
const said = { role: 'assistant', content: 'This is a test.', refusal: null };
const callOf = (name: string) => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'call_1', type: 'function', function: { name, arguments: '{"location":"San Francisco"}' } }],
});

const completion = ({ model }: Asked, message: object) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_790_000_000,
  model: `${model}-2026-08-07`,
  choices: [{ index: 0, message, finish_reason: 'tool_calls' in message ? 'tool_calls' : 'stop', logprobs: null }],
  usage,
});

function streamed({ model }: Asked, response: ServerResponse): void {
  const chunk = (rest: object) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-2', object: 'chat.completion.chunk', created: 1_790_000_000, model: `${model}-2026-08-07`, ...rest })}\n\n`;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const content of ['This ', 'is ', 'a test.']) {
    response.write(chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }));
  }
  response.write(chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage }));
  response.end('data: [DONE]\n\n');
}

const anthropicMessage = ({ model }: Asked) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model,
  content: [{ type: 'text', text: 'This is a test.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 12, output_tokens: 5 },
});

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
