/** Which cases are shown: in the address, so that a colleague can be sent there. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { ReviewReason, RiskTier } from '@countersign/contract';
import { Button, Combobox, useStyles2 } from '@grafana/ui';
import type { QueueFilter } from '../api/reviews';
import { t } from '../parts/i18n';
import { percent, reasonText, riskText } from '../parts/words';

interface QueueFiltersProps {
  readonly filter: QueueFilter;
  readonly workflows: readonly string[];
  readonly onChange: (filter: QueueFilter) => void;
}

const reasons = () => ReviewReason.enum.map((value) => ({ value, label: reasonText(value) }));
const tiers = () => RiskTier.enum.map((value) => ({ value, label: riskText(value) }));
const ends = () =>
  ['0.6', '0.7', '0.8', '0.9', '0.95'].map((value) => ({
    value,
    label: t('review.filter.below', 'Below {{percent}} sure', { percent: percent(Number(value)) }),
  }));

export function QueueFilters({ filter, workflows, onChange }: QueueFiltersProps) {
  const styles = useStyles2(getStyles);
  const choose = (name: keyof QueueFilter, label: string, options: { value: string; label?: string }[]) => (
    <Combobox
      aria-label={label}
      options={options}
      value={filter[name] ?? null}
      placeholder={label}
      isClearable
      onChange={(option) => {
        const { [name]: _before, ...others } = filter;
        onChange(option === null ? others : { ...others, [name]: option.value });
      }}
    />
  );
  const { mine, ...others } = filter;
  return (
    <div className={styles} role="search" aria-label={t('review.filter.name', 'Filter the queue')}>
      {(workflows.length > 1 || filter.workflow !== undefined) &&
        choose(
          'workflow',
          t('review.filter.workflow', 'Any workflow'),
          [...new Set([...workflows, filter.workflow ?? []].flat())].map((value) => ({ value })),
        )}
      {choose('risk_tier', t('review.filter.risk', 'Any risk'), tiers())}
      {choose('confidence_below', t('review.filter.confidence', 'Any confidence'), ends())}
      {choose('reason', t('review.filter.reason', 'Any reason'), reasons())}
      <Button
        size="sm"
        variant={mine ? 'primary' : 'secondary'}
        fill="outline"
        aria-pressed={mine !== undefined}
        onClick={() => onChange(mine === undefined ? { ...others, mine: 'true' } : others)}
      >
        {t('review.filter.mine', 'Mine')}
      </Button>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) =>
  css({
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr)',
    gap: theme.spacing(0.5),
    padding: theme.spacing(0, 1, 1, 0),
    alignItems: 'center',
  });
