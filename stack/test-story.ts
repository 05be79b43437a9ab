/**
 * Ledger records as a workflow would leave them, without a ledger: for tests and benchmarks of what is folded from
 * records. Time and ids are counted, so that the same story gives the same records.
 */
import {
  eventTypes,
  type AiDecision,
  type BreakerStep,
  type CountersignEvent,
  type DaemonEvent,
  type Features,
  type HumanDecision,
  type Outcome,
} from '../contract/src/index.ts';
import type { AboutDecision, LedgerRecord } from '../daemon/src/ledger/index.ts';

export const storyWorkflow = 'mail-moderation';
const hash = `sha256:${'0'.repeat(64)}`;

export interface Told {
  readonly record: LedgerRecord;
  readonly about: AboutDecision;
}

export class Story {
  /** ms */
  now: number;
  readonly records: LedgerRecord[] = [];
  /** Keeps no records, for long ones. */
  readonly forgets: boolean;
  private readonly workflow: string;
  private index: number;
  private readonly answered = new Set<string>();

  constructor({ from = '2026-01-05T00:00:00Z', index = 0, forgets = false, workflow = storyWorkflow } = {}) {
    this.workflow = workflow;
    this.now = Date.parse(from);
    this.index = index;
    this.forgets = forgets;
  }

  /** Time passes. */
  pass(ms: number): this {
    this.now += ms;
    return this;
  }

  ai(change: Partial<Omit<AiDecision, 'model'>> & { version?: string; features?: Features } = {}): Told {
    const { version = '1.0.0', ...rest } = change;
    const id = uuid(this.index, '8');
    const label = rest.output?.label ?? 'spam';
    const data: AiDecision = {
      workflow_id: this.workflow,
      task_id: `task-${this.index}`,
      decision_id: id,
      model: { name: 'spam-logit', version, hash },
      input_snapshot: { hash, uri: 'nowhere:' },
      output: { label },
      confidence: 0.8,
      risk_tier: 'medium',
      reversible: true,
      action: 'accept',
      justification: '',
      route: 'human',
      breaker_epoch: 0,
      latency_ms: 5,
      provenance: { sources: [{ name: 'inbox', fresh_at: new Date(this.now).toISOString() }] },
      ...rest,
    };
    const event = this.event({ type: eventTypes.aiDecision, data });
    const about: AboutDecision = {
      decisionId: data.decision_id,
      workflowId: data.workflow_id,
      decidedAt: event.time,
      features: data.features ?? {},
      model: data.model,
      label: data.output.label,
      confidence: data.confidence,
      route: data.route,
      riskTier: data.risk_tier,
      breakerEpoch: data.breaker_epoch,
    };
    return { record: this.tell(event, about), about };
  }

  /** A person's decision; accepts unless `change` says something else. */
  human({ about }: { readonly about: AboutDecision }, change: Partial<HumanDecision> = {}, known = true): LedgerRecord {
    const data: HumanDecision = {
      workflow_id: this.workflow,
      task_id: `task-${this.index}`,
      decision_id: uuid(this.index, '9'),
      reviews: about.decisionId,
      reviewer: 'ann',
      action: 'accept',
      justification: '',
      lease_epoch: 1,
      ...change,
    };
    return this.tell(
      this.event({ type: eventTypes.humanDecision, data }),
      known ? about : null,
      `person ${about.decisionId}`,
    );
  }

  outcome(
    { about }: { readonly about: AboutDecision },
    label: string,
    change: Partial<Outcome> = {},
    known = true,
  ): LedgerRecord {
    const data: Outcome = {
      workflow_id: this.workflow,
      task_id: `task-${this.index}`,
      decision_id: about.decisionId,
      label,
      ...change,
    };
    return this.tell(
      this.event({ type: eventTypes.outcome, data }),
      known ? about : null,
      `outcome ${about.decisionId}`,
    );
  }

  /** What the daemon writes. */
  daemon(body: { [E in DaemonEvent as E['type']]: Pick<E, 'type' | 'data'> }[DaemonEvent['type']]): LedgerRecord {
    return this.tell(this.event(body), null);
  }

  breakerCloses(): LedgerRecord {
    return this.breaker('half_open', 'closed');
  }

  breaker(from: BreakerStep['from'], to: BreakerStep['to']): LedgerRecord {
    const data = {
      workflow_id: this.workflow,
      model_name: 'spam-logit',
      risk_tier: null,
      from,
      to,
      epoch: 1,
      by: 'daemon',
      reason: '',
      evidence: {},
    };
    return this.daemon({ type: eventTypes.breaker, data });
  }

  /** A version is taken out of use. */
  rollBack(version: string, restores: string): LedgerRecord {
    const model = { name: 'spam-logit', version, hash };
    const data = { workflow_id: this.workflow, model, change: 'rolled_back' as const, restores, by: 'ann' };
    return this.daemon({ type: eventTypes.model, data: { ...data, justification: 'bad' } });
  }

  private event(body: { type: string; data: unknown }): CountersignEvent {
    return {
      specversion: '1.0',
      id: uuid(this.index, 'a'),
      source: 'story',
      subject: this.workflow,
      time: new Date(this.now).toISOString(),
      ...body,
    } as CountersignEvent;
  }

  private tell(event: CountersignEvent, about: AboutDecision | null, answers: string | null = null): LedgerRecord {
    const firstAnswer = answers !== null && !this.answered.has(answers);
    if (answers !== null && !this.forgets) this.answered.add(answers);
    const record: LedgerRecord = {
      logId: 'main',
      index: this.index,
      event,
      recordedAt: event.time,
      streamSequence: null,
      actor: { type: 'service', id: 'story' },
      action: null,
      about,
      entry: nothing,
      body: null,
      leafHash: nothing,
      signature: null,
      firstAnswer,
    };
    this.index += 1;
    if (!this.forgets) this.records.push(record);
    return record;
  }
}

const nothing = Buffer.alloc(0);
const uuid = (n: number, variant: string) => `0195f000-0000-7000-${variant}000-${n.toString(16).padStart(12, '0')}`;
