import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { match, type PluginRoute } from './proxy.ts';

const { routes } = JSON.parse(readFileSync(new URL('../src/plugin.json', import.meta.url), 'utf8')) as {
  routes: PluginRoute[];
};
const grantFor = (method: string, path: string) =>
  match(routes, method, path)?.route.headers?.find(({ name }) => name === 'X-Countersign-Grant')?.content ?? null;

it.each([
  ['GET', 'v1/reviews/queue', 'read'],
  ['POST', 'v1/reviews/claim-next', 'decide'],
  ['POST', 'v1/reviews/cases/x/decide', 'decide'],
  ['GET', 'v1/audit/records', 'audit'],
  ['GET', 'v1/evidence/cases/x', 'decide'],
  ['POST', 'v1/breakers/trip', 'operate'],
  ['POST', 'v1/approvals/rollback', 'approve'],
  ['GET', 'v1/response', 'read'],
  ['DELETE', 'v1/reviews/queue', null],
  ['POST', 'v1/audit/records', null],
  ['GET', 'v1/inspections', 'audit'],
  ['POST', 'v1/inspections/x/sign-off', 'audit'],
  ['GET', 'v1/loops', 'read'],
  ['POST', 'v1/loops', null],
  ['GET', 'metrics', null],
  ['GET', 'v1/responses', null],
])('%s %s takes the grant %s', (method, path, grant) => {
  expect(grantFor(method, path)).toBe(grant);
});

it('passes on what stands for the star', () => {
  expect(match(routes, 'GET', 'v1/audit/records/7')?.rest).toBe('records/7');
  expect(match(routes, 'GET', 'v1/response')?.rest).toBe('');
});

it('sends the secret on every route', () => {
  for (const { headers } of routes) {
    expect(headers).toContainEqual({ name: 'X-Countersign-Secret', content: '{{ .SecureJsonData.secret }}' });
  }
});
