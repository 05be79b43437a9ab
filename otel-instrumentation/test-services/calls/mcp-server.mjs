// A server with one tool, as the Model Context Protocol's own quick start has it.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const server = new McpServer({ name: 'weather', version: '1.0.0' });
server.registerTool('weather', { inputSchema: { location: z.string() } }, async ({ location }) => {
  if (location === 'nowhere') throw new Error('no such place');
  if (location === 'slow') await new Promise((resolve) => setTimeout(resolve, 1_000));
  return { content: [{ type: 'text', text: `sunny in ${location}` }] };
});
await server.connect(new StdioServerTransport());
