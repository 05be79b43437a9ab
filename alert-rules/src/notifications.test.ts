/** Grafana tells the same people of the same alerts as Alertmanager does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

interface Route {
  readonly receiver: string;
  readonly matchers?: readonly string[];
  readonly object_matchers?: readonly (readonly string[])[];
  readonly routes?: readonly Route[];
}
interface ContactPoint {
  readonly name: string;
  readonly receivers: readonly { readonly type: string; readonly settings: Readonly<Record<string, string>> }[];
}

const read = (path: string) => parse(readFileSync(join(import.meta.dirname, '..', path), 'utf8')) as unknown;
const alertmanager = read('alertmanager.yaml') as { route: Route; receivers: { name: string }[] };
const grafana = read('grafana/notifications.yaml') as {
  policies: readonly (Route & { orgId: number })[];
  contactPoints: readonly ContactPoint[];
};
const own = 'countersign-';

it('by the same routes, in the same order, as often', () => {
  const [{ orgId: _orgId, ...policy }] = grafana.policies as [Route & { orgId: number }];
  const asAlertmanager = ({ receiver, object_matchers, routes, ...how }: Route): object => ({
    ...how,
    receiver: receiver.slice(own.length),
    ...(object_matchers && {
      matchers: object_matchers.map(([label, operator, value]) => `${label} ${operator} "${value}"`),
    }),
    ...(routes && { routes: routes.map(asAlertmanager) }),
  });
  expect(grafana.policies).toHaveLength(1);
  expect(asAlertmanager(policy)).toEqual(alertmanager.route);
});

it('to the same receivers, whose secrets are nowhere in the file', () => {
  const names = grafana.contactPoints.map(({ name }) => name.slice(own.length));
  expect(names.toSorted()).toEqual(alertmanager.receivers.map(({ name }) => name).toSorted());
  const settings = grafana.contactPoints.flatMap(({ receivers }) => receivers.map((receiver) => receiver.settings));
  const secrets = settings.map(({ url, integrationKey, addresses }) => url ?? integrationKey ?? addresses);
  for (const secret of secrets) expect(secret).toMatch(/^\$COUNTERSIGN_[A-Z_]+$/);
});
