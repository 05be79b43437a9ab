/** The files that operators load, from the rules: Prometheus' own, and the same as Grafana-managed alert rules. */
import { stringify } from 'yaml';
import { dataSourceUid, grafanaLabel, isAlert, runbooksPath, usualKeep, type Alert, type Group } from './alert.ts';
import { human } from './human.ts';
import { model } from './model.ts';
import { platform } from './platform.ts';
import { recording, slo } from './slo.ts';

export const groups: Readonly<Record<string, Group>> = { recording, model, human, platform, slo };
export const alerts: readonly Alert[] = Object.values(groups).flatMap(({ rules }) => rules.filter(isAlert));

/** Not that of the dashboards: Grafana makes this one first, under a uid of its own, and would have two of one name. */
const folder = 'Countersign alerts';
const head = '# Made by: node --conditions=countersign-source alert-rules/src/build.ts\n';
const yaml = (value: unknown): string => head + stringify(value, { lineWidth: 0 });
const labelsOf = ({ tier, team }: Alert) => ({ tier, team, product: 'countersign' });
const annotationsOf = ({ summary, description, runbook }: Alert, grafana: string) => ({
  summary,
  description,
  runbook_url: `${grafana}${runbooksPath}/${runbook}.md`,
});

const groupOf = ({ name, interval, rules }: Group) => ({
  name,
  interval,
  rules: rules.map((rule) =>
    isAlert(rule)
      ? {
          alert: rule.name,
          expr: rule.expr,
          for: rule.for,
          keep_firing_for: rule.keep ?? usualKeep,
          labels: labelsOf(rule),
          annotations: annotationsOf(rule, `{{ $externalLabels.${grafanaLabel} }}`),
        }
      : { record: rule.record, expr: rule.expr },
  ),
});

export const prometheusFile = (group: Group): string => yaml({ groups: [groupOf(group)] });

/** The same for the Prometheus operator: a component of Kustomize. */
export const operatorFile = (): string =>
  yaml({
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'countersign', labels: { 'app.kubernetes.io/name': 'countersign' } },
    spec: { groups: Object.values(groups).map(groupOf) },
  });

/**
 * Grafana's provisioning of alert rules. It asks Prometheus for the same expression, which gives series only where something is
 * wrong: so none is no alert. It asks for what is recorded in Prometheus by what it
 * is recorded of: who evaluates rules in Grafana may have no Prometheus that does.
 */
export const grafanaFile = (): string =>
  yaml({
    apiVersion: 1,
    groups: Object.values(groups).flatMap(({ name, interval, rules }) => {
      const ofIt = rules.filter(isAlert);
      return ofIt.length === 0 ? [] : [{ orgId: 1, name, folder, interval, rules: ofIt.map(grafanaRule) }];
    }),
  });

const grafanaRule = (alert: Alert) => ({
  uid: uidOf(alert.name),
  title: alert.name,
  condition: 'wrong',
  for: alert.for,
  keepFiringFor: alert.keep ?? usualKeep,
  noDataState: 'OK',
  // Of a Prometheus that does not answer one alert tells, and not each of all: nobody knows then whether the daemon is there.
  execErrState: alert.name === 'CountersignDown' ? 'Alerting' : 'KeepLast',
  labels: labelsOf(alert),
  // Grafana's own address, without a slash at its end.
  annotations: inGrafana(annotationsOf(alert, '{{ reReplaceAll "/$" "" externalURL }}')),
  data: [
    {
      refId: 'figure',
      relativeTimeRange: { from: 600, to: 0 },
      datasourceUid: dataSourceUid,
      model: { refId: 'figure', expr: inFull(alert.expr), instant: true, range: false },
    },
    {
      refId: 'found',
      datasourceUid: '__expr__',
      // A 1 for each series, whatever its value, so that one threshold is for all.
      model: { refId: 'found', type: 'math', expression: '$figure * 0 + 1' },
    },
    {
      refId: 'wrong',
      datasourceUid: '__expr__',
      model: {
        refId: 'wrong',
        type: 'threshold',
        expression: 'found',
        conditions: [{ evaluator: { type: 'gt', params: [0] } }],
      },
    },
  ],
});

/** At most 40 letters, as Grafana wants. */
export const uidOf = (name: string): string => name.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase();

/** Grafana's `$value` is text of all queries; the figure is that of the first. */
const inGrafana = (annotations: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(annotations).map(([name, text]) => [name, text.replaceAll('$value ', '$values.figure.Value ')]),
  );

/** With each recorded series as what it is recorded of, which may be recorded itself. */
function inFull(expr: string): string {
  const rules = Object.values(groups).flatMap((group) => group.rules);
  const full = rules.reduce(
    (text, rule) => (isAlert(rule) ? text : text.replaceAll(rule.record, `(${rule.expr})`)),
    expr,
  );
  return full === expr ? full : inFull(full);
}
