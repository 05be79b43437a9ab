/** Which cases are shown: in the address, so that a colleague can be sent there. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { AssignedTo, ReviewReason, RiskTier, type Queue } from '@countersign/contract';
import { useStyles2 } from '@grafana/ui';
import { memo } from 'react';
import type { QueueFilter } from '../api/reviews';
import { Choice } from '../parts/Choice';
import { t } from '../parts/i18n';
import { percent, reasonText, riskText, words } from '../parts/words';

interface QueueFiltersProps {
  readonly filter: QueueFilter;
  /** Those that the person reviews. */
  readonly workflows: Queue['workflows'];
  readonly onChange: (filter: QueueFilter) => void;
}

const reasons = () => ReviewReason.enum.map((value) => ({ value, label: reasonText(value) }));
const tiers = () => RiskTier.enum.map((value) => ({ value, label: riskText(value) }));
const ends = () =>
  ['0.6', '0.7', '0.8', '0.9', '0.95'].map((value) => ({
    value,
    label: t('review.filter.below', 'Below {{percent}} sure', { percent: percent(Number(value)) }),
  }));

const assignedText = words<AssignedTo>({
  me: () => t('review.filter.mine', 'With me'),
  nobody: () => t('review.filter.nobody', 'With nobody'),
  others: () => t('review.filter.others', 'With a colleague'),
});
const whom = () => AssignedTo.enum.map((value) => ({ value, label: assignedText(value) }));

/** What an address asks for is there to be seen and taken away, though the person does not review it. */
const optionsOf = (workflows: Queue['workflows'], asked: string | undefined) => [
  ...workflows.map(({ id, title }) => ({ value: id, label: title })),
  ...(asked === undefined || workflows.some(({ id }) => id === asked) ? [] : [{ value: asked }]),
];

export const QueueFilters = memo(function QueueFilters({ filter, workflows, onChange }: QueueFiltersProps) {
  const styles = useStyles2(getStyles);
  const choose = (name: keyof QueueFilter, label: string, options: { value: string; label?: string }[]) => (
    <Choice
      name={label}
      options={options}
      value={filter[name] ?? null}
      placeholder={label}
      onChange={(value) => {
        const { [name]: _before, ...others } = filter;
        onChange(value === null ? others : { ...others, [name]: value });
      }}
    />
  );
  return (
    <div className={styles} role="search" aria-label={t('review.filter.name', 'Filter the queue')}>
      {(workflows.length > 1 || filter.workflow !== undefined) &&
        choose('workflow', t('review.filter.workflow', 'Any workflow'), optionsOf(workflows, filter.workflow))}
      {choose('risk_tier', t('review.filter.risk', 'Any risk'), tiers())}
      {choose('confidence_below', t('review.filter.confidence', 'Any confidence'), ends())}
      {choose('reason', t('review.filter.reason', 'Any reason'), reasons())}
      {choose('assigned', t('review.filter.assigned', 'With anybody'), whom())}
    </div>
  );
});

const getStyles = (theme: GrafanaTheme2) =>
  css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr)',
    gap: theme.spacing(0.5),
    padding: theme.spacing(0, 1, 1, 0),
    alignItems: 'center',
  });
