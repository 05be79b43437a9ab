/**
 * A local server that answers as OpenAI, Anthropic, Gemini and Bedrock do: whole, streamed, with a call of a tool, and with
 * what goes wrong. A word of the prompt says what: `fail` 500, `limit` 429, `break` a stream that breaks off, `hang` no more.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anthropic } from './stand-ins/anthropic.ts';
import type { Answer, Asked, Dialect } from './stand-ins/answer.ts';
import { bedrock } from './stand-ins/bedrock.ts';
import { gemini } from './stand-ins/gemini.ts';
import { openai } from './stand-ins/openai.ts';
import { openaiResponses } from './stand-ins/openai-responses.ts';

export interface StandInProvider {
  readonly url: string;
  stop(): Promise<void>;
}

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
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Asked> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return JSON.parse(text) as Asked;
}

function dialectOf(path: string): Dialect {
  if (path.includes('/messages')) return anthropic;
  if (path.includes('enerateContent')) return gemini;
  if (path.includes('/converse')) return bedrock;
  if (path.endsWith('/responses')) return openaiResponses;
  return openai;
}

function answer(path: string, asked: Asked, response: ServerResponse): void {
  const dialect = dialectOf(path);
  const prompt = JSON.stringify(asked.messages ?? asked.contents ?? asked.input ?? null);
  for (const [word, status] of [['fail', 500] as const, ['limit', 429] as const]) {
    if (prompt.includes(word)) return json(response, status, dialect.error(status));
  }
  const { whole, chunks, mediaType }: Answer = dialect.answer(path, asked);
  if (chunks === null) {
    if (!prompt.includes('hang')) json(response, 200, whole);
    return;
  }
  response.writeHead(200, { 'content-type': mediaType });
  if (!/break|hang/.test(prompt)) {
    for (const chunk of chunks) response.write(chunk);
    response.end();
    return;
  }
  for (const chunk of chunks.slice(0, 2)) response.write(chunk);
  // What was written has to arrive before the connection is gone.
  if (prompt.includes('break')) setTimeout(() => response.destroy(), 50);
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
