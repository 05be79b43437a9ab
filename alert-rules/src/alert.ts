/** What an alert is made of: what Prometheus evaluates, what people are told, and a story that shows when it fires. */
import type { AlertTier } from '@countersign/contract';

/** Series before, while and after something is wrong: the value of a gauge, or what a counter grows by a minute; null while there is none. */
export interface StorySeries {
  /** As PromQL writes a series. */
  readonly series: string;
  readonly kind: 'gauge' | 'counter';
  readonly good: number;
  readonly bad: number | null;
}

export interface Alert {
  readonly name: string;
  /** PromQL: it holds for each series that comes out. */
  readonly expr: string;
  /** How long before anybody is told. */
  readonly for: string;
  /** How long it stays once nothing is wrong any more; 5m when not said: a daemon that starts anew, or could not measure once, is no end. */
  readonly keep?: string;
  readonly tier: AlertTier;
  /** Who looks at it first. */
  readonly team: 'model' | 'oversight' | 'platform';
  /** A page of docs/runbooks, without `.md`. */
  readonly runbook: string;
  readonly summary: string;
  readonly description: string;
  readonly story: {
    readonly series: readonly StorySeries[];
    /** Hours of each of the three parts; 4 when not said. */
    readonly hours?: number;
  };
}

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface Group {
  readonly name: string;
  /** Of one evaluation. */
  readonly interval: string;
  readonly rules: readonly (Alert | RecordingRule)[];
}

export const usualKeep = '5m';

export const isAlert = (rule: Alert | RecordingRule): rule is Alert => 'name' in rule;

export const gauge = (series: string, good: number, bad: number | null): StorySeries => ({
  series,
  kind: 'gauge',
  good,
  bad,
});
/** Grows by `good` a minute, and by `bad` while it is wrong. */
export const counter = (series: string, good: number, bad: number | null): StorySeries => ({
  series,
  kind: 'counter',
  good,
  bad,
});

/** Where the app brings its runbooks along, below Grafana's address. */
export const runbooksPath = '/public/plugins/countersign-decisions-app/runbooks';
/** The external label of a Prometheus that says where Grafana is, so that links work in a chat and on a pager too. */
export const grafanaLabel = 'grafana_url';
/** The uid of the Prometheus data source, as everything that is provisioned here has it. */
export const dataSourceUid = 'countersign-metrics';
