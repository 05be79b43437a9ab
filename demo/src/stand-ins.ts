/** Stand-ins for Slack, PagerDuty and a telephone provider, so that one sees who would be told: they answer and print. */
import { createServer } from 'node:http';

const mostBytes = 1_048_576;

/** Listens on loopback. Resolves to what ends it. */
export function startStandIns(port: number, say: (text: string) => void): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      if (body.length < mostBytes) body += chunk.toString('utf8');
    });
    request.on('end', () => {
      const told = request.method === 'POST' ? toldBy(request.url ?? '', body) : null;
      if (told !== null) say(told);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true,"status":"success"}');
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(
        () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      );
    });
  });
}

/** What a person would read or hear. */
function toldBy(path: string, body: string): string | null {
  try {
    if (path.startsWith('/slack')) return `Slack shows: ${(JSON.parse(body) as { text?: string }).text}`;
    if (path.startsWith('/pagerduty')) {
      const { event_action, payload } = JSON.parse(body) as { event_action?: string; payload?: { summary?: string } };
      return `PagerDuty, ${event_action}: ${payload?.summary ?? 'the incident it knows'}`;
    }
    const said = new URLSearchParams(body).get('Twiml') ?? '';
    return `the telephone rings: ${said.replace(/<[^>]*>/g, '')}`;
  } catch {
    return `something came to ${path} that is no message`;
  }
}
