/**
 * When people override more, or the model is wrong more often: was it the model, its inputs, the people, or several? Read
 * off what the other monitors found, and said once, with the evidence.
 */
import type { AlertTier } from '@countersign/contract';
import type { Finding } from './monitor.ts';

/** What stands of a model version and its workflow, by monitor. */
export interface Standing {
  readonly overrideRate: AlertTier | null;
  readonly conceptDrift: AlertTier | null;
  readonly calibration: AlertTier | null;
  readonly predictionDrift: AlertTier | null;
  readonly inputDrift: AlertTier | null;
  /** Of the version that was in use before; null when there is none. */
  readonly inputDriftBefore: AlertTier | null;
  /** Reviewers who miss planted errors, or whom outcomes contradict. */
  readonly reviewers: readonly string[];
  readonly agreement: AlertTier | null;
  /** Of overrides that an outcome is known for: how many, and how many the outcome bore out. */
  readonly overridesJudged: number;
  readonly overridesBorneOut: number;
}

type Cause = 'model' | 'inputs' | 'people';

/** Overrides that outcomes speak of before they say anything of the people. */
const fewestJudged = 20;

export function attribute(standing: Standing): Finding {
  const modelIsWrong = standing.conceptDrift !== null || standing.calibration !== null;
  const isUp = standing.overrideRate !== null || modelIsWrong || standing.reviewers.length > 0;
  const evidence = { ...standing };
  if (!isUp) {
    const summary = 'Nothing has moved that wants a cause.';
    return { subject: null, tier: null, conclusive: true, value: null, summary, evidence };
  }
  const causes = causesOf(standing, modelIsWrong);
  const summary = `${sentences(causes)} ${grounds(standing, causes)}`;
  return {
    subject: causes.join(' and '),
    tier: 'info',
    conclusive: true,
    value: null,
    summary,
    evidence: { causes, ...evidence },
  };
}

function causesOf(standing: Standing, modelIsWrong: boolean): Cause[] {
  const mostOverridesWrong =
    standing.overridesJudged >= fewestJudged && standing.overridesBorneOut < standing.overridesJudged / 2;
  const people = standing.reviewers.length > 0 || standing.agreement === 'action_required' || mostOverridesWrong;
  // Inputs that had moved before this version came into use did not bring this about.
  const inputs = standing.inputDrift !== null && standing.inputDriftBefore === null;
  const causes: Cause[] = [];
  if (inputs) causes.push('inputs');
  else if (modelIsWrong || (standing.predictionDrift !== null && standing.overrideRate !== null) || !people)
    causes.push('model');
  if (people) causes.push('people');
  return causes;
}

const says: Readonly<Record<Cause, string>> = {
  model: 'The model is the cause',
  inputs: 'The inputs are the cause',
  people: 'The people are the cause',
};

function sentences(causes: readonly Cause[]): string {
  const [first, second] = causes;
  if (first === undefined) return '';
  return second === undefined
    ? `${says[first]}.`
    : `The ${first === 'inputs' ? 'inputs' : 'model'} and the people are both the cause.`;
}

function grounds(standing: Standing, causes: readonly Cause[]): string {
  const said = [
    standing.overrideRate === null ? 'people override no more than usual' : 'people override more than usual',
    standing.conceptDrift === null ? null : 'more decisions turn out wrong',
    standing.calibration === null ? null : 'its confidence does not hold',
    standing.predictionDrift === null ? null : 'it answers otherwise than before',
    causes.includes('inputs') ? 'its inputs have moved' : 'its inputs have not newly moved',
    causes.includes('people') ? peopleGrounds(standing) : 'nothing speaks against the reviewers',
  ].filter((part) => part !== null);
  const text = `${said.slice(0, -1).join(', ')}, and ${said.at(-1) ?? ''}.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function peopleGrounds({ reviewers, agreement, overridesJudged, overridesBorneOut }: Standing): string {
  if (reviewers.length > 0) return `${reviewers.slice(0, 3).join(', ')} missed errors that were planted or turned out`;
  if (agreement === 'action_required') return 'reviewers do not agree with each other';
  return `outcomes bear out ${overridesBorneOut} of ${overridesJudged} overrides`;
}
