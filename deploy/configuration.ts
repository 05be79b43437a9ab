/**
 * The page docs/configuration.md, from the table that the daemon reads its environment by:
 * `node --conditions=countersign-source deploy/configuration.ts > docs/configuration.md`
 */
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { variables } from '../daemon/src/config.ts';
import { imageEnvironment, root } from './environment.ts';

/** In which order and under which headings; each variable is in the first that fits. */
const groups: readonly (readonly [heading: string, fits: RegExp])[] = [
  ['Database', /^DATABASE_/],
  ['NATS', /^NATS_|_STREAM_/],
  ['The daemon itself', /_HTTP_|_LOG_LEVEL$|_POLICIES$|_CHANNELS$|_RUNBOOKS_/],
  ['Grafana and auditors', /_GRAFANA_|_PLUGIN_|_AUDIT_/],
  ['The log', /_LOG_|_SIGNING_|_WITNESS/],
  ['Inputs', /_SNAPSHOTS$|^AWS_/],
  ['Traces of other services', /_OTLP_|_HASH_KEY$/],
];

/** What a service reads, by whichever of its files reads it; the page is tested to name no other. */
export const ofServices: readonly (readonly [name: string, fallback: string, help: string])[] = [
  [
    'NATS_URL',
    'nats://127.0.0.1:4222',
    'NATS with JetStream; several addresses with commas between, and a login in the first counts',
  ],
  ['NATS_USER', '', 'User on NATS; empty for none'],
  ['NATS_PASSWORD', '', 'Its password; with `register`, `NATS_PASSWORD_FILE` does too'],
  ['NATS_TOKEN', '', 'A token instead of both'],
  ['NATS_CREDS', '', 'The path of a file of credentials instead of both'],
  ['NATS_CA', '', 'For TLS: the path of the certificates to trust'],
  ['NATS_CERT', '', 'For TLS: the path of its own certificate'],
  ['NATS_KEY', '', 'For TLS: the path of the key of that'],
  ['COUNTERSIGN_SOURCE', '', 'With `register`: what the service is called; by default `OTEL_SERVICE_NAME`'],
  [
    'COUNTERSIGN_PROMOTE',
    '',
    'With `register`: which spans of other instrumentations are decisions; JSON, or its file',
  ],
  [
    'COUNTERSIGN_SPOOL',
    '',
    'Directory of events while NATS is away; by default one for the user, below the temporary one',
  ],
  ['COUNTERSIGN_HASH_KEY', '', 'Key of the hashes of inputs that are not captured, at least 32 bytes; or `…_FILE`'],
];

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const code = (text: string) => (text === '' ? '' : `\`${text}\``);

function table(group: typeof variables): string {
  const image = imageEnvironment();
  const rows = group.map(([name, fallback, help]) => {
    const otherwise = fallback === null ? '**required**' : code(fallback);
    return row([code(name), otherwise, code(image.get(name) ?? ''), help]);
  });
  return ['| variable | default | in the image | what it is |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function grouped(): [heading: string, group: typeof variables][] {
  const headingOf = (name: string) => groups.find(([, fits]) => fits.test(name))?.[0] ?? 'Other';
  const headings = [...groups.map(([heading]) => heading), 'Other'];
  return headings
    .map((heading): [string, typeof variables] => [heading, variables.filter(([name]) => headingOf(name) === heading)])
    .filter(([, group]) => group.length > 0);
}

const configurationPage = (): string => `# Configuration

Everything is in environment variables. Any of the daemon's may be in a file instead: \`NAME_FILE\` is the path, as Docker and
Kubernetes mount secrets. Where both are set, \`NAME\` counts. The daemon says all that is missing or wrong at once, and does not start.

This page is made from the table that the daemon reads (\`daemon/src/config.ts\`): \`node --conditions=countersign-source
deploy/configuration.ts > docs/configuration.md\`. \`countersign daemon --help\` prints the same.

${grouped()
  .map(([heading, group]) => `## ${heading}\n\n${table(group)}\n`)
  .join('\n')}
\`countersign migrate\`, \`verify\`, \`erase\`, \`drill\` and \`model\` read what they need of these.

## Services

What \`@countersign/otel-instrumentation\` reads; options of \`start()\` go before it.

| variable | default | what it is |
| --- | --- | --- |
${ofServices.map(([name, fallback, help]) => row([code(name), code(fallback), help])).join('\n')}

The variables of OpenTelemetry (\`OTEL_*\`) are its own; \`register\` leaves them to its SDK.
`;

export const pageFile = `${root}/docs/configuration.md`;

/** With its tables aligned, as every file here. */
export const formattedPage = async (): Promise<string> =>
  format(configurationPage(), { ...(await resolveConfig(pageFile)), filepath: pageFile });

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(await formattedPage());
}
