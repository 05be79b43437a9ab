/**
 * All monitors over all scopes, at one index of the log. Fed with committed records in order; where it stands is saved
 * from time to time, so that a start reads only what came since.
 */
import type { Signal } from '@countersign/contract';
import type { Ledger, LedgerRecord } from '../ledger/index.ts';
import type { Policies } from '../policies/index.ts';
import type { Monitor, Scope } from './monitor.ts';
import { overrideRate } from './override-rate.ts';

/** Adding a monitor is a file beside this one and its name here. */
const monitors = { override_rate: overrideRate } as const;
type States = { -readonly [K in keyof typeof monitors]?: ReturnType<(typeof monitors)[K]['start']> };

export interface MonitorSnapshot {
  readonly nextIndex: number;
  /** The policies it was made under, by their hashes: under others the same records mean something else. */
  readonly policies: string;
  readonly scopes: readonly { readonly scope: Scope; readonly states: States }[];
}

export class Monitors {
  private readonly folded = new Map<string, { readonly scope: Scope; readonly states: States }>();
  private readonly policies: Policies;
  /** Records before this one are in. */
  nextIndex: number;

  constructor(policies: Policies, snapshot: MonitorSnapshot | null) {
    this.policies = policies;
    const usable = snapshot?.policies === hashesOf(policies) ? snapshot : null;
    this.nextIndex = usable?.nextIndex ?? 0;
    for (const { scope, states } of usable?.scopes ?? []) this.folded.set(keyOf(scope), { scope, states });
  }

  /** Reads what the log has beyond the snapshot. */
  async catchUp(ledger: Ledger): Promise<void> {
    for (;;) {
      const records = await ledger.readFrom(this.nextIndex, 1_000);
      if (records.length === 0) return;
      this.observe(records);
    }
  }

  /**
   * Folds records in, and returns the scopes that they touched. Records that are in already are passed over; a gap is a
   * bug and throws.
   */
  observe(records: readonly LedgerRecord[]): Scope[] {
    const touched = new Map<string, Scope>();
    for (const record of records) {
      if (record.index < this.nextIndex) continue;
      if (record.index > this.nextIndex) throw new Error(`record ${record.index} came when ${this.nextIndex} was next`);
      this.nextIndex += 1;
      const workflowId = record.event.data.workflow_id;
      const policy = this.policies.get(workflowId)?.policy;
      if (record.about === null || policy === undefined) continue;
      const { name: modelName, version: modelVersion } = record.about.model;
      const scope = { workflowId, modelName, modelVersion };
      const key = keyOf(scope);
      const entry = this.folded.get(key) ?? { scope, states: {} };
      this.folded.set(key, entry);
      let changed = false;
      for (const name of monitorNames) {
        const monitor: Monitor<NonNullable<States[typeof name]>> = monitors[name];
        const before = entry.states[name] ?? monitor.start(policy);
        const after = monitor.observe(before, record, policy);
        entry.states[name] = after;
        changed ||= after !== before;
      }
      if (changed) touched.set(key, scope);
    }
    return [...touched.values()];
  }

  /** What every monitor says, of one scope or of all. */
  signals(only?: Scope): Signal[] {
    const found =
      only === undefined ? [...this.folded.values()] : [this.folded.get(keyOf(only)) ?? { scope: only, states: {} }];
    return found.flatMap(({ scope, states }) => {
      const policy = this.policies.get(scope.workflowId)?.policy;
      if (policy === undefined) return [];
      return monitorNames.flatMap((name): Signal[] => {
        const state = states[name];
        if (state === undefined) return [];
        return [
          {
            monitor: name,
            workflow_id: scope.workflowId,
            model_name: scope.modelName,
            model_version: scope.modelVersion,
            ...monitors[name].signal(state, policy),
          },
        ];
      });
    });
  }

  /** Every workflow × model version that was seen. */
  get scopes(): Scope[] {
    return [...this.folded.values()].map(({ scope }) => scope);
  }

  snapshot(): MonitorSnapshot {
    return { nextIndex: this.nextIndex, policies: hashesOf(this.policies), scopes: [...this.folded.values()] };
  }
}

const monitorNames = Object.keys(monitors) as (keyof typeof monitors)[];
const hashesOf = (policies: Policies) =>
  [...policies.values()]
    .map(({ hash }) => hash)
    .toSorted()
    .join(' ');
const keyOf = ({ workflowId, modelName, modelVersion }: Scope) => JSON.stringify([workflowId, modelName, modelVersion]);
