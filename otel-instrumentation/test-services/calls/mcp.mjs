// The Model Context Protocol's client, with a server in a process of its own.
import { fileURLToPath } from 'node:url';
import { call, weather } from './call.mjs';

export const modules = ['@modelcontextprotocol/sdk/client/index.js', '@modelcontextprotocol/sdk/client/stdio.js'];

export async function run({ Client }, { StdioClientTransport }) {
  const client = new Client({ name: 'calls', version: '1.0.0' });
  const server = fileURLToPath(new URL('mcp-server.mjs', import.meta.url));
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [server] }));
  const asked = (location) => ({ name: weather.name, arguments: { location } });

  await call('list', async () => (await client.listTools()).tools[0].name);
  await call('tool', async () => (await client.callTool(asked('San Francisco'))).content[0].text);
  await call('broken-tool', async () => (await client.callTool(asked('nowhere'))).content[0].text);
  await call('hang', () => client.callTool(asked('slow'), undefined, { timeout: 200 }));
  await client.close();
}
