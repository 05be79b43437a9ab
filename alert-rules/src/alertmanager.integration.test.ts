/** The configuration in a real Alertmanager: what follows from something worse tells nobody. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findAlertmanagerServer } from '../../stack/prometheus.ts';
import { freePort, run } from '../../stack/process.ts';
import { eventually } from '../../stack/test-loop.ts';

const root = join(import.meta.dirname, '..');
let directory: string;
let url: string;
let server: ReturnType<typeof run>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-alertmanager-'));
  const file = join(directory, 'alertmanager.yaml');
  // Whom it tells is not asked here, and nobody is told.
  writeFileSync(
    file,
    readFileSync(join(root, 'alertmanager.yaml'), 'utf8').replaceAll('/run/secrets/', `${directory}/`),
  );
  for (const secret of [
    'pagerduty_routing_key',
    'slack_webhook_url_model',
    'slack_webhook_url_oversight',
    'slack_webhook_url_platform',
  ])
    writeFileSync(join(directory, secret), 'http://127.0.0.1:1');
  url = `http://127.0.0.1:${await freePort()}`;
  server = run({
    command: findAlertmanagerServer(),
    args: [
      `--config.file=${file}`,
      `--storage.path=${join(directory, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
      '--cluster.listen-address=',
    ],
    stopSignal: 'SIGTERM',
    output: (line) => void line,
  });
  await eventually('Alertmanager', () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => (ok ? true : null),
      () => null,
    ),
  );
}, 300_000);
afterAll(async () => {
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const alert = (alertname: string, tier: string, team: string, workflow: string) => ({
  alertname,
  tier,
  team,
  workflow,
});
const version = (alertname: string, tier: string, workflow: string, model: string, model_version = '1') => ({
  ...alert(alertname, tier, 'model', workflow),
  model,
  ...(model_version === '' ? {} : { model_version }),
});
const given = {
  down: { alertname: 'CountersignDown', tier: 'incident', team: 'platform' },
  lag: { alertname: 'CountersignIngestLag', tier: 'action_required', team: 'platform' },
  stopped: alert('CountersignDecisionsStopped', 'action_required', 'model', 'refunds'),
  incident: version('CountersignOverridesIncident', 'incident', 'refunds', 'm'),
  lesser: version('CountersignDrift', 'action_required', 'refunds', 'm'),
  another: version('CountersignFairness', 'action_required', 'refunds', 'other'),
  next: version('CountersignCalibration', 'action_required', 'refunds', 'm', '2'),
  open: version('CountersignBreakerOpen', 'incident', 'refunds', 'm', ''),
  elsewhere: version('CountersignDrift', 'action_required', 'mail', 'm'),
  people: alert('CountersignQueueOverdue', 'action_required', 'oversight', 'refunds'),
} as const;

interface Shown {
  readonly labels: { readonly alertname: string; readonly workflow?: string };
  readonly status: { readonly state: string };
}

/** Those that tell nobody, while these fire. */
async function quiet(...names: (keyof typeof given)[]): Promise<string[]> {
  const post = (alerts: object[]) =>
    fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    });
  const firing = names.map((name) => ({ labels: given[name] }));
  const over = Object.entries(given)
    .filter(([name]) => !names.some((one) => one === name))
    .map(([, labels]) => ({ labels, startsAt: '2026-01-01T00:00:00Z', endsAt: '2026-01-01T00:00:01Z' }));
  expect((await post([...firing, ...over])).status).toBe(200);
  const shown = await eventually('all of them', async () => {
    const found = (await (await fetch(`${url}/api/v2/alerts`)).json()) as Shown[];
    const isKnown = found.every(({ status }) => status.state !== 'unprocessed');
    return found.length === names.length && isKnown ? found : null;
  });
  return shown
    .filter(({ status }) => status.state === 'suppressed')
    .map(({ labels }) => [labels.alertname, labels.workflow].filter((word) => word !== undefined).join(' '))
    .toSorted();
}

it('tells of the daemon that is down, and not of what follows from it', async () => {
  expect(await quiet('down', 'lag', 'people', 'stopped', 'lesser')).toEqual([
    'CountersignDecisionsStopped refunds',
    'CountersignIngestLag',
  ]);
});

it('tells of the incident of a version, and of no lesser alert of the same; but of every other', async () => {
  expect(await quiet('incident', 'lesser', 'another', 'next', 'stopped', 'elsewhere', 'people', 'lag')).toEqual([
    'CountersignDrift refunds',
  ]);
});

it('tells of all of them while there is nothing worse', async () => {
  expect(await quiet('lesser', 'elsewhere', 'people', 'lag')).toEqual([]);
  // Of whole models: what is wrong with a version of theirs is told beside it.
  expect(await quiet('open', 'lesser', 'stopped')).toEqual([]);
});
