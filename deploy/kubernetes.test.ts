/**
 * What Kustomize makes of the base and the example is what Kubernetes takes. The compiler checks it against the types of
 * Kubernetes' own API, for it also refuses fields that are not there.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { problemsOf, root } from './environment.ts';

interface Labels {
  readonly [name: string]: string;
}
interface Container {
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly [more: string]: unknown;
}
interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Labels } & Labels;
    readonly podSelector?: { readonly matchLabels?: Labels };
    readonly template?: {
      readonly metadata: { readonly labels: Labels };
      readonly spec: { readonly containers: readonly Container[]; readonly [more: string]: unknown };
    };
    readonly [more: string]: unknown;
  };
}

const hasKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0;
const scratch = mkdtempSync(join(root, 'node_modules/.countersign-kubernetes-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const build = (folder: string): Resource[] => {
  const yaml = execFileSync('kubectl', ['kustomize', join(import.meta.dirname, 'kustomize', folder)], {
    encoding: 'utf8',
  });
  return parseAllDocuments(yaml).map((document) => document.toJS() as Resource);
};

/** The package that has the type of a kind: Kubernetes' own, or the operator's. */
const packageOf = ({ apiVersion, kind }: Resource) =>
  `${apiVersion.startsWith('monitoring.coreos.com/') ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models'}/${apiVersion}/${kind}`;

/** What the compiler says of the resources as values of their types; empty when it has nothing to say. */
function compiled(resources: readonly Resource[]): string {
  const file = join(scratch, 'resources.ts');
  const lines = resources.map(
    (resource, i) =>
      `import type { I${resource.kind} as T${i} } from '${packageOf(resource)}';\nexport const r${i}: T${i} = ${JSON.stringify(resource, null, 1)};`,
  );
  writeFileSync(file, lines.join('\n'));
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--ignoreConfig', '--module', 'nodenext'];
  return spawnSync(process.execPath, [tsc, ...options, file], { encoding: 'utf8' }).stdout;
}

/** What is in the files themselves, before Kustomize: these are looked at on every machine. */
const written = (folder: string): Resource[] =>
  readdirSync(join(import.meta.dirname, 'kustomize', folder))
    .filter((file) => file.endsWith('.yaml') && !/kustomization|refunds|channels/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(import.meta.dirname, 'kustomize', folder, file), 'utf8');
      return parseAllDocuments(text).map((document) => document.toJS() as Resource);
    });

describe('as written', () => {
  const all = [
    'base',
    'components/migrate',
    'components/service-monitor',
    'components/prometheus-rules',
    'overlays/example',
  ].flatMap(written);

  it('is what the API takes, and a field that it does not have is found', () => {
    expect(all.map(({ kind }) => kind).toSorted()).toEqual([
      'Job',
      'Namespace',
      'NetworkPolicy',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'PrometheusRule',
      'Service',
      'ServiceAccount',
      'ServiceMonitor',
      'StatefulSet',
    ]);
    expect(compiled(all)).toBe('');
    const wrong = structuredClone(all.find(({ kind }) => kind === 'StatefulSet')) as Resource & {
      spec: { replica?: number };
    };
    wrong.spec.replica = 2;
    expect(compiled([wrong])).toMatch(/"replica"' does not exist/);
  }, 60_000);

  it('lets out to mail servers what sends mail, and in what sends spans', () => {
    const policy = all.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'countersign');
    const rules = (policy?.spec ?? {}) as Readonly<Record<string, { ports: { port: number | string }[] }[]>>;
    const ports = (way: 'egress' | 'ingress') => rules[way]?.flatMap((rule) => rule.ports.map(({ port }) => port));
    expect(ports('egress')).toEqual(expect.arrayContaining([53, 5432, 4222, 443, 465, 587, 3000, 9093]));
    expect(ports('ingress')).toEqual(['http', 4318]);
  });
});

describe.skipIf(!hasKubectl)('built', () => {
  let base: Resource[] = [];
  let example: Resource[] = [];
  beforeAll(() => {
    [base, example] = [build('base'), build('overlays/example')];
  });
  const one = (kind: string, among = example) => among.find((resource) => resource.kind === kind);

  it('is what the API takes, and a field that it does not have is found', () => {
    expect(compiled([...base, ...example])).toBe('');
    const wrong = structuredClone(one('Service') as Resource & { spec: { publishNotReadyAddress?: boolean } });
    wrong.spec.publishNotReadyAddress = true;
    expect(compiled([wrong])).toMatch(/"publishNotReadyAddress"' does not exist/);
  }, 60_000);

  it('takes spans where the component for them is there, of whoever has the token', () => {
    const folder = join(scratch, 'spans');
    mkdirSync(folder);
    const from = (name: string) => relative(folder, join(import.meta.dirname, 'kustomize', name));
    const kustomization = { resources: [from('base')], components: [from('components/otlp')] };
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
    const yaml = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
    const spans = parseAllDocuments(yaml).map((document) => document.toJS() as Resource);
    expect(compiled(spans)).toBe('');
    expect(one('Service', spans)?.spec?.['ports']).toContainEqual({ name: 'otlp', port: 4318, targetPort: 'otlp' });
    const [container] = one('StatefulSet', spans)?.spec?.template?.spec.containers ?? [];
    expect(container?.ports).toContainEqual({ name: 'otlp', containerPort: 4318 });
    const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
    expect(env).toMatchObject({
      COUNTERSIGN_OTLP_PORT: '4318',
      COUNTERSIGN_OTLP_HOST: '0.0.0.0',
      COUNTERSIGN_OTLP_TOKEN_FILE: '/run/secrets/countersign/otlp-token',
    });
    // The rest is the overlay's.
    expect(problemsOf([...Object.keys(env), 'NATS_URL', 'COUNTERSIGN_GRAFANA_URL'])).toEqual([]);
  }, 60_000);

  it('selects the pod of the daemon and no other', () => {
    const labels = one('StatefulSet')?.spec?.template?.metadata.labels;
    expect(one('StatefulSet')?.spec?.selector).toEqual({ matchLabels: labels });
    expect(one('Service')?.spec?.selector).toEqual(labels);
    expect(one('PodDisruptionBudget')?.spec?.selector).toEqual({ matchLabels: labels });
    expect(one('NetworkPolicy', base)?.spec?.podSelector).toEqual({ matchLabels: labels });
    expect(one('ServiceMonitor')?.spec?.selector).toEqual({ matchLabels: one('Service')?.metadata.labels });
    expect(one('Job')?.spec?.template?.metadata.labels).not.toEqual(labels);
  });

  it('gives the daemon what it reads, and all that it needs', () => {
    const [container] = one('StatefulSet')?.spec?.template?.spec.containers ?? [];
    const from = container?.envFrom?.map(({ configMapRef }) => configMapRef.name);
    const settings = example.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === from?.[0]);
    expect(settings).toBeDefined();
    const names = [...Object.keys(settings?.data ?? {}), ...(container?.env ?? []).map(({ name }) => name)];
    expect(problemsOf(names)).toEqual([]);
    expect(settings?.data?.['COUNTERSIGN_GRAFANA_URL']).toMatch(/\/$/);
  });

  it('lets no container change its own files, be root, or ask Kubernetes', () => {
    for (const resource of example.filter(({ spec }) => spec?.template !== undefined)) {
      const pod = resource.spec?.template?.spec;
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of pod?.containers ?? []) {
        expect(container['securityContext']).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container['resources']).toMatchObject({ limits: {} });
      }
    }
  });

  it('never has two daemons, and keeps the key', () => {
    expect(one('StatefulSet')?.spec).toMatchObject({
      replicas: 1,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    });
  });

  it('has a policy that the daemon takes', () => {
    const policies = example.find(({ metadata }) => metadata.name.startsWith('countersign-policies'));
    const [text = ''] = Object.values(policies?.data ?? {});
    expect((parse(text) as { workflow?: string }).workflow).toBe('refunds');
    const check = spawnSync(process.execPath, [
      '--conditions=countersign-source',
      join(root, 'daemon/src/cli.ts'),
      'policy',
      'check',
      join(import.meta.dirname, 'kustomize/overlays/example/refunds.yaml'),
    ]);
    expect([check.status, String(check.stderr)]).toEqual([0, '']);
  });
});
