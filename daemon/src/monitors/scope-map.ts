/** The folds of all scopes, found without making a key of their names: every record asks twice. */
import type { Scope } from './monitor.ts';

export class ScopeMap<T> {
  private readonly workflows = new Map<string, Map<string, Map<string, T>>>();
  size = 0;

  get({ workflowId, modelName, modelVersion }: Scope): T | undefined {
    return this.workflows.get(workflowId)?.get(modelName)?.get(modelVersion);
  }

  set({ workflowId, modelName, modelVersion }: Scope, value: T): void {
    const models = this.workflows.get(workflowId) ?? new Map<string, Map<string, T>>();
    const versions = models.get(modelName) ?? new Map<string, T>();
    if (!versions.has(modelVersion)) this.size += 1;
    this.workflows.set(workflowId, models.set(modelName, versions.set(modelVersion, value)));
  }

  delete({ workflowId, modelName, modelVersion }: Scope): void {
    if (this.workflows.get(workflowId)?.get(modelName)?.delete(modelVersion) === true) this.size -= 1;
  }

  /** In the order in which they came. */
  of(workflowId: string): T[] {
    return [...(this.workflows.get(workflowId)?.values() ?? [])].flatMap((versions) => [...versions.values()]);
  }

  all(): T[] {
    return [...this.workflows.keys()].flatMap((workflowId) => this.of(workflowId));
  }
}
