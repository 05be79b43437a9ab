/** What the dashboards and the alert rules ask Prometheus for, each as one query that can be asked now. */
import { groups } from '../alert-rules/src/files.ts';
import { isAlert } from '../alert-rules/src/alert.ts';
import { dashboards } from '../dashboards/src/dashboards.ts';

export interface AskedQuery {
  /** Which panel or rule. */
  readonly by: string;
  readonly query: string;
}

/** What stands in a query for what somebody chooses, and how long a story has been going on. */
const chosen = (expr: string): string =>
  expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__interval', '1m')
    .replaceAll('$__range', '30m')
    .replaceAll('$minor_units', '100')
    .replaceAll(/\$(workflow|model_version|model)\b/g, '.*');

interface Panel {
  readonly title?: string;
  readonly targets?: readonly { readonly expr?: string }[];
  readonly panels?: readonly Panel[];
}
interface Annotation {
  readonly name?: string;
  readonly target?: { readonly expr?: string };
  readonly expr?: string;
}

/** Every query of every panel and annotation. */
export function panelQueries(): AskedQuery[] {
  return Object.entries(dashboards).flatMap(([name, dashboard]) => {
    const { panels = [], annotations } = JSON.parse(JSON.stringify(dashboard)) as {
      panels?: readonly Panel[];
      annotations?: { list?: readonly Annotation[] };
    };
    const all = panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
    const ofPanels = all.flatMap(({ title = '', targets = [] }) =>
      targets.flatMap(({ expr }) => (expr === undefined ? [] : [{ by: `${name}: ${title}`, query: chosen(expr) }])),
    );
    const ofNotes = (annotations?.list ?? []).flatMap(({ name: title = '', target, expr = target?.expr }) =>
      expr === undefined ? [] : [{ by: `${name}: annotation ${title}`, query: chosen(expr) }],
    );
    return [...ofPanels, ...ofNotes];
  });
}

/**
 * What a rule looks at: each selector in it, with its matchers. The rule itself gives series only where something is wrong; what
 * it looks at has to be there all the time.
 */
export function ruleSelectors(): AskedQuery[] {
  return Object.values(groups).flatMap(({ rules }) =>
    rules.flatMap((rule) => {
      const by = isAlert(rule) ? rule.name : rule.record;
      const selectors = rule.expr.matchAll(
        /(?<![:\w])(?:[a-z]+:countersign_[a-z0-9_]+:ratio\w+|(?:countersign_|up\b|process_|nodejs_)[a-z0-9_]*(?:\{[^}]*\})?)/g,
      );
      return [...new Set([...selectors].map(([selector]) => selector))].map((selector) => ({
        by,
        query: `last_over_time(${selector}[1h])`,
      }));
    }),
  );
}

/** What the demo has nothing of, and why: they are asked where there is some (rare-queries.integration.test.ts). */
const nothingOf: readonly (readonly [what: RegExp, why: string])[] = [
  [/countersign_witness_/, 'nobody witnesses its log'],
  [/countersign_fairness_|monitor=~"fairness"/, 'its policy watches no groups'],
  [/status=~"5\.\."|status!="200"/, 'no request has failed'],
  [/countersign_series_folded_total/, 'nobody makes names up'],
  [/autonomy="undeclared"/, 'all its versions are known'],
  [/p1_reviews_late:ratio/, 'none of its cases is P1'],
];
export const isOfNothing = (query: string): boolean => nothingOf.some(([what]) => what.test(query));
