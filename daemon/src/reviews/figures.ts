/** A reviewer's own figures, read off what the monitors report of reviewers. Pure. */
import type { OwnFigures, Signal } from '@countersign/contract';

export function ownFigures(workflow: string, title: string, signals: readonly Signal[], person: string): OwnFigures {
  const own = signals.find(
    ({ monitor, workflow_id, subject }) => monitor === 'reviewers' && workflow_id === workflow && subject === person,
  );
  const evidence = own?.evidence ?? {};
  const number = (name: string): number | null => {
    const value = evidence[name];
    return typeof value === 'number' ? value : null;
  };
  const times = evidence['review_ms'] as { readonly p50?: number | null } | undefined;
  return {
    workflow_id: workflow,
    title,
    reviews: number('reviews') ?? 0,
    override_rate: number('override_rate'),
    review_ms: times?.p50 ?? null,
    others_review_ms: number('others_review_ms_p50'),
    golds: Math.round(number('golds') ?? 0),
    catch_rate: number('catch_rate'),
    borne_out: number('accuracy_by_outcomes'),
  };
}
