/**
 * The functions of this package for one workflow, in the words of its policy: a label that the policy does not have is an error
 * of types. `countersign policy types FILE` prints the interface; at run time nothing is added but the workflow's name.
 */
import type { Features, Model, Verdict } from '@countersign/contract';
import type { CompensationHandlers } from './compensations.ts';
import type { Carried, Decided, Decider, DeciderOptions } from './decider.ts';
import type { DecisionHandle, DecisionOptions } from './decision.ts';
import type { GuardVerdict, Question } from './guard.ts';
import type { HumanDecisionOptions } from './human-records.ts';
import type { DecisionRef } from './ref.ts';
import type { StartedDecision } from './taking.ts';
import type { VerdictHandler } from './verdicts.ts';

/** What a policy says of its workflow, as types. */
export interface WorkflowTypes {
  readonly workflow: string;
  /** `review.labels`. */
  readonly label: string;
  /** Of `output.value`, as `review.output` has it. */
  readonly value: unknown;
  /** `review.reason_codes`. */
  readonly reasonCode: string;
  /** The models of `loop.decision_points`. */
  readonly model: string;
  /** `loop.features`. */
  readonly features: Features;
}

export interface WorkflowOutput<W extends WorkflowTypes> {
  label: W['label'] | null;
  value?: W['value'];
  scores?: { [L in W['label']]?: number };
}

export interface WorkflowModel<W extends WorkflowTypes> extends Model {
  name: W['model'];
}

export interface WorkflowDecisionOptions<W extends WorkflowTypes> extends Omit<
  DecisionOptions,
  'workflow' | 'model' | 'features'
> {
  readonly model: WorkflowModel<W>;
  readonly features?: W['features'];
}

export interface WorkflowDecisionHandle<W extends WorkflowTypes> extends Omit<DecisionHandle, 'output'> {
  /** What the model said, and how sure it is: the probability, in [0, 1], that it is right. */
  output(output: WorkflowOutput<W>, confidence: number): void;
}

export interface WorkflowStartedDecision<W extends WorkflowTypes> extends Omit<StartedDecision, 'output' | 'run'> {
  output(output: WorkflowOutput<W>, confidence: number): void;
  run<This, A extends unknown[], T>(work: (this: This, ...args: A) => T, self?: This, ...args: A): T;
}

export interface WorkflowCarried<W extends WorkflowTypes> extends Omit<Carried, 'output'> {
  readonly output: Omit<WorkflowOutput<W>, 'scores'>;
}

export interface WorkflowDeciderOptions<W extends WorkflowTypes, Result> extends Omit<
  DeciderOptions<Result>,
  'workflow' | 'execute' | 'refused'
> {
  readonly execute: (what: WorkflowCarried<W>) => Result | Promise<Result>;
  readonly refused?: (verdict: WorkflowVerdict<W>) => void | Promise<void>;
}

export interface WorkflowDecideOptions<W extends WorkflowTypes> extends WorkflowDecisionOptions<W> {
  readonly judge: (decision: WorkflowDecisionHandle<W>) => void | Promise<void>;
}

export interface WorkflowDecider<W extends WorkflowTypes, Result> extends Pick<Decider<Result>, 'ready'> {
  (options: WorkflowDecideOptions<W>): Promise<Decided<Result>>;
}

export interface WorkflowQuestion<W extends WorkflowTypes> extends Omit<Question, 'workflow' | 'model'> {
  readonly model: Question['model'] & { readonly name: W['model'] };
}

export interface WorkflowHumanDecision<W extends WorkflowTypes> extends Omit<
  HumanDecisionOptions,
  'output' | 'reasonCode'
> {
  readonly output?: WorkflowOutput<W>;
  readonly reasonCode?: W['reasonCode'];
}

export interface WorkflowVerdict<W extends WorkflowTypes> extends Omit<Verdict, 'workflow_id' | 'output'> {
  workflow_id: W['workflow'];
  output: Omit<WorkflowOutput<W>, 'scores'>;
}

/** As the functions of the same names, without the workflow. */
export interface Workflow<W extends WorkflowTypes> {
  decision<T>(options: WorkflowDecisionOptions<W>, work: (decision: WorkflowDecisionHandle<W>) => T): T;
  startDecision(options: WorkflowDecisionOptions<W>): WorkflowStartedDecision<W>;
  decider<Result>(options: WorkflowDeciderOptions<W, Result>): WorkflowDecider<W, Result>;
  guard(question: WorkflowQuestion<W>): GuardVerdict;
  humanDecision(ref: DecisionRef | string, options: WorkflowHumanDecision<W>): string | null;
  recordOutcome(ref: DecisionRef | string, outcome: { label: W['label']; cost?: number }): string | null;
  verdicts(handler: (verdict: WorkflowVerdict<W>) => void | Promise<void>): Promise<() => Promise<void>>;
  compensations(handlers: CompensationHandlers): void;
}

/** The functions for any workflow. */
export interface Functions {
  decision<T>(options: DecisionOptions, work: (decision: DecisionHandle) => T): T;
  startDecision(options: DecisionOptions): StartedDecision;
  decider<Result>(options: DeciderOptions<Result>): Decider<Result>;
  guard(question: Question): GuardVerdict;
  /** Nothing is recorded of a ref of another workflow. */
  humanDecision(workflow: string, ref: DecisionRef | string, options: HumanDecisionOptions): string | null;
  recordOutcome(workflow: string, ref: DecisionRef | string, outcome: { label: string; cost?: number }): string | null;
  verdicts(workflow: string, handler: VerdictHandler): Promise<() => Promise<void>>;
  compensations(workflow: string, handlers: CompensationHandlers): void;
}

/**
 * What binds them to the name of a workflow: `workflow<MailModeration>('mail-moderation')`. Scores by label are cast to scores by
 * any name: which labels there are is known to the compiler alone.
 */
export function boundTo(functions: Functions): <W extends WorkflowTypes>(name: W['workflow']) => Workflow<W> {
  return <W extends WorkflowTypes>(workflow: W['workflow']): Workflow<W> => ({
    decision: (options, work) =>
      functions.decision({ ...options, workflow }, work as (decision: DecisionHandle) => ReturnType<typeof work>),
    startDecision: (options) => functions.startDecision({ ...options, workflow }) as WorkflowStartedDecision<W>,
    decider: <Result>(options: WorkflowDeciderOptions<W, Result>) =>
      functions.decider({ ...options, workflow }) as WorkflowDecider<W, Result>,
    guard: (question) => functions.guard({ ...question, workflow }),
    humanDecision: (ref, options) => functions.humanDecision(workflow, ref, options as HumanDecisionOptions),
    recordOutcome: (ref, outcome) => functions.recordOutcome(workflow, ref, outcome),
    verdicts: (handler) => functions.verdicts(workflow, handler),
    compensations: (handlers) => functions.compensations(workflow, handlers),
  });
}
