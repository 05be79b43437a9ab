/**
 * What each model is compared with: taken from its first decisions, unless the ledger says something else. Frozen once
 * taken; what it was taken from is never compared with it.
 */
import { eventTypes, type Reference, type ReferenceStep } from '@countersign/contract';
import type { LedgerRecord } from '../ledger/index.ts';
import { addDecision, build, startBuilder, type ReferenceBuilder } from './reference-builder.ts';

/** A model of a workflow. */
interface ModelReferences {
  readonly workflowId: string;
  readonly modelName: string;
  /** For every version that has none of its own. */
  shared: Reference | null;
  /** By version. */
  readonly own: [version: string, reference: Reference][];
  /** Under way; null when there is a shared one. */
  builder: ReferenceBuilder | null;
  /** Taken here and not seen in the ledger yet. */
  unrecorded: boolean;
}

export type ReferencesState = readonly ModelReferences[];

/** What a record has done. */
export type ReferenceChange = 'none' | 'counted' | 'changed';

/** Models of a workflow, and versions of a model with a reference of their own, that are remembered. */
const [mostModels, mostOwn] = [100, 100];

export class References {
  /** By workflow and model. */
  private readonly models = new Map<string, Map<string, ModelReferences>>();

  constructor(state: ReferencesState) {
    for (const model of state) this.add(model);
  }

  toJSON(): ReferencesState {
    return [...this.models.values()].flatMap((models) => [...models.values()]);
  }

  of(workflowId: string, modelName: string, version: string): Reference | null {
    const model = this.models.get(workflowId)?.get(modelName);
    if (model === undefined) return null;
    const own = model.own.length === 0 ? undefined : model.own.find(([name]) => name === version);
    return own?.[1] ?? model.shared;
  }

  /**
   * 'counted' when the record is a decision that went into a reference, so that it must not be compared with one;
   * 'changed' when it says what a model is compared with from here on.
   */
  observe({ event }: LedgerRecord, first: number): ReferenceChange {
    if (event.type === eventTypes.reference) return this.hear(event.data);
    if (event.type !== eventTypes.aiDecision) return 'none';
    const { workflow_id: workflowId, model: decided } = event.data;
    const model = this.model(workflowId, decided.name);
    if (model.shared !== null || model.own.some(([version]) => version === decided.version)) return 'none';
    model.builder ??= startBuilder();
    addDecision(model.builder, event.data);
    if (model.builder.decisions >= first) {
      model.shared = build(model.builder, { is: 'first_decisions' });
      model.builder = null;
      model.unrecorded = true;
    }
    return 'counted';
  }

  private hear({ workflow_id: workflowId, model: { name, version }, reference }: ReferenceStep): ReferenceChange {
    const model = this.model(workflowId, name);
    if (version === null && reference.source.is === 'first_decisions' && model.shared !== null) {
      // The record of what was taken here.
      model.unrecorded = false;
      return 'none';
    }
    if (version === null) Object.assign(model, { shared: reference, builder: null, unrecorded: false });
    else {
      const others = model.own.filter(([own]) => own !== version);
      model.own.splice(0, model.own.length, ...others.slice(-mostOwn), [version, reference]);
    }
    return 'changed';
  }

  private model(workflowId: string, modelName: string): ModelReferences {
    const there = this.models.get(workflowId)?.get(modelName);
    if (there !== undefined) return there;
    // Names are anybody's: the model that was named first makes room.
    const models = this.models.get(workflowId);
    const [first] = models?.keys() ?? [];
    if (models !== undefined && first !== undefined && models.size >= mostModels) models.delete(first);
    const made = { workflowId, modelName, shared: null, own: [], builder: null, unrecorded: false };
    this.add(made);
    return made;
  }

  private add(model: ModelReferences): void {
    const models = this.models.get(model.workflowId) ?? new Map<string, ModelReferences>();
    models.set(model.modelName, model);
    this.models.set(model.workflowId, models);
  }

  /** References taken here that the ledger does not have yet. */
  unrecorded(): Omit<ReferenceStep, 'by'>[] {
    return this.toJSON().flatMap(({ workflowId, modelName, shared, unrecorded }) =>
      unrecorded && shared !== null
        ? [{ workflow_id: workflowId, model: { name: modelName, version: null }, reference: shared }]
        : [],
    );
  }
}
