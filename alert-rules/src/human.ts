/** What is wrong with the people's side of the loop: the queue, the reviewers, and who is told. No alert names a person. */
import { counter, gauge, type Group } from './alert.ts';
import { found } from './model.ts';

const week = (certainty: string, action: string) =>
  `sum by (workflow) (increase(countersign_reviews_total{certainty="${certainty}"${action || ',action!="escalate"'}}[7d]))`;
const reviews = (certainty: string, action: string) =>
  `countersign_reviews_total{workflow="w",priority="P2",action="${action}",certainty="${certainty}",result="in_time"}`;

export const human: Group = {
  name: 'countersign-human',
  interval: '1m',
  rules: [
    {
      name: 'CountersignIncidentUnacknowledged',
      expr: 'max by (workflow) (countersign_incident_unacknowledged_seconds) > 900',
      for: '0m',
      tier: 'incident',
      team: 'oversight',
      runbook: 'incident-unacknowledged',
      summary: 'Nobody has acknowledged an incident of {{ $labels.workflow }} for {{ humanizeDuration $value }}',
      description: 'The chain of its policy has been climbed in vain, or nobody was reached.',
      story: { series: [gauge('countersign_incident_unacknowledged_seconds{workflow="w"}', 0, 1_000)] },
    },
    ...found(
      'CountersignServiceLevel',
      'sla',
      'sla',
      'Cases are decided later than the policy promises',
      'The share decided in time is surely below the service level.',
      'oversight',
    ),
    ...found(
      'CountersignReviewing',
      'reviewers',
      'reviewers',
      'How people review is not as it should be',
      'They disagree, or somebody misses what they should find; who, is in the app, for those who may know.',
      'oversight',
    ),
    {
      name: 'CountersignQueueOverdue',
      expr: 'max by (workflow) (countersign_review_queue_overdue_cases) > 0',
      for: '10m',
      tier: 'action_required',
      team: 'oversight',
      runbook: 'review-queue',
      summary: '{{ printf "%.0f" $value }} cases of {{ $labels.workflow }} are past their time',
      description: 'People who wait for these answers wait longer than they were promised.',
      story: { series: [gauge('countersign_review_queue_overdue_cases{workflow="w"}', 0, 4)] },
    },
    {
      name: 'CountersignQueueWillBeLate',
      expr: 'max by (workflow) (countersign_sla_forecast_late_cases) > 0',
      for: '30m',
      tier: 'info',
      team: 'oversight',
      runbook: 'review-queue',
      summary: '{{ printf "%.0f" $value }} cases of {{ $labels.workflow }} will be late',
      description: 'At the pace of the newest decisions: more reviewers, or fewer cases, while there is time.',
      story: { series: [gauge('countersign_sla_forecast_late_cases{workflow="w"}', 0, 3)] },
    },
    {
      name: 'CountersignIntakeStopped',
      expr: 'max by (workflow) (countersign_intake_stopped) == 1',
      for: '5m',
      tier: 'incident',
      team: 'oversight',
      runbook: 'review-queue',
      summary: 'The queue of {{ $labels.workflow }} is full',
      description: 'Services are told to take on less: the business stands still where the AI may not act alone.',
      story: { series: [gauge('countersign_intake_stopped{workflow="w"}', 0, 1)] },
    },
    {
      name: 'CountersignAgreementLow',
      expr: 'max by (workflow) (countersign_reviewer_agreement_bound{bound="upper"}) < 0.667',
      for: '1h',
      tier: 'action_required',
      team: 'oversight',
      runbook: 'reviewers',
      summary: 'Reviewers of {{ $labels.workflow }} do not agree',
      description: "Krippendorff's α is surely below 0.667: what they say of the same cases is no measure of the AI.",
      story: { series: [gauge('countersign_reviewer_agreement_bound{workflow="w",bound="upper"}', 0.9, 0.5)] },
    },
    {
      name: 'CountersignReviewersDoubtful',
      expr: 'max by (workflow) (countersign_reviewers{standing="doubtful"}) > 0',
      for: '0m',
      tier: 'action_required',
      team: 'oversight',
      runbook: 'reviewers',
      summary: 'Reviewers of {{ $labels.workflow }} who miss what they should find: {{ printf "%.0f" $value }}',
      description: 'Planted errors or outcomes show it. Who they are is in the app, for those who may know.',
      story: { series: [gauge('countersign_reviewers{workflow="w",standing="doubtful"}', 0, 1)] },
    },
    {
      name: 'CountersignPlantedErrorsMissed',
      expr: `sum by (workflow) (increase(countersign_planted_errors_total{result="missed"}[7d]))
  > sum by (workflow) (increase(countersign_planted_errors_total{result="found"}[7d]))
  and on (workflow) sum by (workflow) (increase(countersign_planted_errors_total[7d])) >= 10`,
      for: '0m',
      tier: 'action_required',
      team: 'oversight',
      runbook: 'reviewers',
      summary: 'More planted errors of {{ $labels.workflow }} are missed than found',
      description: 'Of at least ten within a week: errors of the AI go through as these do.',
      story: {
        hours: 240,
        series: [
          counter('countersign_planted_errors_total{workflow="w",result="found"}', 0.01, 0),
          counter('countersign_planted_errors_total{workflow="w",result="missed"}', 0, 0.01),
        ],
      },
    },
    {
      name: 'CountersignRubberStamping',
      expr: `${week('unsure', ',action="accept"')} / ${week('unsure', '')}
  >= ${week('sure', ',action="accept"')} / ${week('sure', '')}
  and on (workflow) ${week('unsure', '')} >= 50
  and on (workflow) ${week('sure', '')} >= 50`,
      for: '1h',
      tier: 'info',
      team: 'oversight',
      runbook: 'rubber-stamping',
      summary: 'People of {{ $labels.workflow }} accept what the AI is unsure of as they do the rest',
      description: 'Who looks accepts more where the model is sure. Here the shares are alike, over a week.',
      story: {
        hours: 240,
        series: [
          counter(reviews('sure', 'accept'), 0.1, 0.1),
          counter(reviews('sure', 'reject'), 0.001, 0.001),
          counter(reviews('unsure', 'accept'), 0.05, 0.1),
          counter(reviews('unsure', 'reject'), 0.05, 0),
        ],
      },
    },
  ],
};
