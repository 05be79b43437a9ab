/** Reads off the folds of a workflow what attribution goes by, and says which versions have another cause than before. */
import { attribute } from './attribution.ts';
import { nameOf } from './feature-sample.ts';
import type { Finding, Scope } from './monitor.ts';
import type { Move, ScopeFold } from './scope-fold.ts';

/** Of one version; `before` is the version of its model that came before it, `people` the fold of the workflow. */
export function attributionOf(fold: ScopeFold, before: ScopeFold | null, people: ScopeFold | null): Finding {
  const reviewers = people?.state.states.reviewers;
  const judged = reviewers?.overridesBorneOut ?? [];
  return attribute({
    overrideRate: fold.highestOf('override_rate'),
    conceptDrift: fold.tierOf('concept_drift', 'outcomes'),
    calibration: fold.highestOf('calibration'),
    predictionDrift: fold.highestOf('prediction_drift'),
    inputDrift: fold.highestOf('input_drift'),
    inputDriftBefore: before?.highestOf('input_drift') ?? null,
    reviewers: Object.entries(reviewers?.byReviewer ?? {}).flatMap(([key, { tier }]) =>
      tier === null ? [] : [nameOf(key)],
    ),
    agreement: people?.tierOf('reviewers', null) ?? null,
    overridesJudged: judged.length,
    overridesBorneOut: judged.reduce((sum, borneOut) => sum + borneOut, 0),
  });
}

/** The version of the same model that was seen first before this one; `folds` are in the order in which they came. */
export function versionBefore(fold: ScopeFold, folds: readonly ScopeFold[]): ScopeFold | null {
  const versions = folds.filter(({ state }) => state.scope.modelName === fold.state.scope.modelName);
  return versions[versions.indexOf(fold) - 1] ?? null;
}

/**
 * What a move in `moved` changes of the causes: in all versions of its model, for each is compared with the one before;
 * or, when it is about people, in all of the workflow.
 */
export function attributeAnew(
  moved: ScopeFold,
  folds: readonly ScopeFold[],
  people: ScopeFold | null,
): { readonly scope: Scope; readonly move: Move }[] {
  const newest = new Map<string, ScopeFold>();
  return folds.flatMap((fold) => {
    const { scope, ended } = fold.state;
    if (fold.per !== 'version') return [];
    const before = newest.get(scope.modelName) ?? null;
    newest.set(scope.modelName, fold);
    if (ended || (moved.per === 'version' && scope.modelName !== moved.state.scope.modelName)) return [];
    const found = attributionOf(fold, before, people);
    const holds = found.tier !== null && fold.tierOf('attribution', found.subject) !== null;
    const isOther = (monitor: string) => monitor === 'attribution' && !holds;
    const moves = [
      ...fold.end(isOther, 'Something else is the cause now, or nothing.'),
      ...fold.compare('attribution', [found], false),
    ];
    return moves.map((move) => ({ scope, move }));
  });
}
