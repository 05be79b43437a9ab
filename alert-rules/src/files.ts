/** The files that operators load, from the rules: Prometheus' own, and the same as Grafana-managed alert rules. */
import { stringify } from 'yaml';
import { dataSourceUid, grafanaLabel, isAlert, runbooksPath, type Alert, type Group } from './alert.ts';
import { human } from './human.ts';
import { model } from './model.ts';
import { platform } from './platform.ts';
import { recording, slo } from './slo.ts';

export const groups: Readonly<Record<string, Group>> = { recording, model, human, platform, slo };
export const alerts: readonly Alert[] = Object.values(groups).flatMap(({ rules }) => rules.filter(isAlert));

const head = '# Made by: node --conditions=countersign-source alert-rules/src/build.ts\n';
const yaml = (value: unknown): string => head + stringify(value, { lineWidth: 0 });
const labelsOf = ({ tier, team }: Alert) => ({ tier, team, product: 'countersign' });
const annotationsOf = ({ summary, description, runbook }: Alert, grafana: string) => ({
  summary,
  description,
  runbook_url: `${grafana}${runbooksPath}/${runbook}.md`,
});

export const prometheusFile = ({ name, interval, rules }: Group): string =>
  yaml({
    groups: [
      {
        name,
        interval,
        rules: rules.map((rule) =>
          isAlert(rule)
            ? {
                alert: rule.name,
                expr: rule.expr,
                for: rule.for,
                labels: labelsOf(rule),
                annotations: annotationsOf(rule, `{{ $externalLabels.${grafanaLabel} }}`),
              }
            : { record: rule.record, expr: rule.expr },
        ),
      },
    ],
  });

/**
 * Grafana's provisioning of alert rules. It asks Prometheus for the same expression, which gives series only where something is
 * wrong: so none is no alert, and a Prometheus that does not answer is one. Recording rules stay in Prometheus.
 */
export const grafanaFile = (): string =>
  yaml({
    apiVersion: 1,
    groups: Object.values(groups).flatMap(({ name, interval, rules }) => {
      const ofIt = rules.filter(isAlert);
      return ofIt.length === 0
        ? []
        : [{ orgId: 1, name, folder: 'Countersign', interval, rules: ofIt.map(grafanaRule) }];
    }),
  });

const grafanaRule = (alert: Alert) => ({
  uid: uidOf(alert.name),
  title: alert.name,
  condition: 'wrong',
  for: alert.for,
  noDataState: 'OK',
  execErrState: 'Error',
  labels: labelsOf(alert),
  // Grafana writes its own address before a path.
  annotations: inGrafana(annotationsOf(alert, '')),
  data: [
    {
      refId: 'found',
      relativeTimeRange: { from: 600, to: 0 },
      datasourceUid: dataSourceUid,
      // A 1 for each series, whatever its value, so that one threshold is for all.
      model: { refId: 'found', expr: `(${alert.expr}) * 0 + 1`, instant: true, range: false },
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

/** Grafana's `$value` is text of all queries; what the figure was is on the dashboard. */
const inGrafana = (annotations: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(annotations).map(([name, text]) => [
      name,
      text.replaceAll(/\{\{ [a-zA-Z0-9]+ (?:"[^"]*" )?\$value \}\}/g, 'some'),
    ]),
  );
