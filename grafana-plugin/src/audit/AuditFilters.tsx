/** Which records are shown. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { DecisionAction, RiskTier } from '@countersign/contract';
import { eventTypes } from '@countersign/contract/event-types';
import { Combobox, Input, useStyles2 } from '@grafana/ui';
import { useState, type FormEvent } from 'react';
import type { AuditFilter } from '../api/audit';
import { t } from '../parts/i18n';
import { actionText, riskText } from '../parts/words';

/** Null and nothing take a filter away. */
export type Changes = { readonly [name in keyof AuditFilter]?: string | null };

interface AuditFiltersProps {
  readonly filter: AuditFilter;
  readonly onChange: (changes: Changes) => void;
}

const actors = () => [
  { value: 'ai', label: t('audit.actor.ai', 'AI') },
  { value: 'human', label: t('audit.actor.human', 'Person') },
  { value: 'service', label: t('audit.actor.service', 'Service') },
  { value: 'daemon', label: t('audit.actor.daemon', 'Countersign') },
];
const actions = () => DecisionAction.enum.map((value) => ({ value, label: actionText(value) }));
const tiers = () => RiskTier.enum.map((value) => ({ value, label: riskText(value) }));

/** As they are on record: the short name of each is in its type. */
const types = () =>
  Object.values(eventTypes).map((value) => ({ value, label: value.split('.').slice(1, -1).join(' ') }));

export function AuditFilters({ filter, onChange }: AuditFiltersProps) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles} role="search">
      <TextFilter
        name={t('audit.filter.workflow', 'Workflow')}
        value={filter.workflow}
        onChange={(workflow) => onChange({ workflow })}
      />
      <TextFilter name={t('audit.filter.task', 'Task')} value={filter.task} onChange={(task) => onChange({ task })} />
      <TextFilter
        name={t('audit.filter.text', 'Words of the justification')}
        value={filter.text}
        onChange={(text) => onChange({ text })}
      />
      <TextFilter
        name={t('audit.filter.version', 'Model version')}
        value={filter.model_version}
        onChange={(model_version) => onChange({ model_version })}
      />
      <TextFilter
        name={t('audit.filter.label', 'Label')}
        value={filter.label}
        onChange={(label) => onChange({ label })}
      />
      <TextFilter
        name={t('audit.filter.actor-id', 'Id of who did it')}
        value={filter.actor_id}
        onChange={(actor_id) => onChange({ actor_id })}
      />
      <TimeFilter name={t('audit.filter.from', 'From')} value={filter.from} onChange={(from) => onChange({ from })} />
      <TimeFilter name={t('audit.filter.to', 'To')} value={filter.to} onChange={(to) => onChange({ to })} />
      <Combobox
        aria-label={t('audit.filter.risk', 'Risk tier')}
        options={tiers()}
        value={filter.risk_tier ?? null}
        placeholder={t('audit.filter.any-risk', 'Any risk')}
        isClearable
        width={20}
        onChange={(option) => onChange({ risk_tier: option?.value ?? null })}
      />
      <Combobox
        aria-label={t('audit.filter.type', 'Kind of record')}
        options={types()}
        value={filter.type ?? null}
        placeholder={t('audit.filter.any-type', 'Any kind')}
        isClearable
        width={24}
        onChange={(option) => onChange({ type: option?.value ?? null })}
      />
      <Combobox
        aria-label={t('audit.filter.actor', 'Who')}
        options={actors()}
        value={filter.actor ?? null}
        placeholder={t('audit.filter.any-actor', 'Anyone')}
        isClearable
        width={20}
        onChange={(option) => onChange({ actor: option?.value ?? null })}
      />
      <Combobox
        aria-label={t('audit.filter.action', 'Action')}
        options={actions()}
        value={filter.action ?? null}
        placeholder={t('audit.filter.any-action', 'Any action')}
        isClearable
        width={20}
        onChange={(option) => onChange({ action: option?.value ?? null })}
      />
    </div>
  );
}

interface FilterProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | null) => void;
}

/** Applied by Enter or on leaving, so that the list does not jump at each letter. */
function TextFilter(props: FilterProps) {
  // What is in the address is what is in the field, however it came there.
  return <TextFilterOf key={props.value ?? ''} {...props} />;
}

function TextFilterOf({ name, value, onChange }: FilterProps) {
  const [typed, setTyped] = useState(value ?? '');
  const apply = (event?: FormEvent) => {
    event?.preventDefault();
    if (typed.trim() !== (value ?? '')) onChange(typed.trim());
  };
  return (
    <form onSubmit={apply}>
      <Input
        aria-label={name}
        placeholder={name}
        width={30}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => apply()}
      />
    </form>
  );
}

/** In the browser's time zone; the address and the daemon have UTC. */
function TimeFilter({ name, value, onChange }: FilterProps) {
  return (
    <Input
      aria-label={name}
      prefix={name}
      type="datetime-local"
      step={1}
      width={34}
      value={value === undefined ? '' : localTime(new Date(value))}
      onChange={(event) => {
        const at = new Date(event.currentTarget.value);
        if (event.currentTarget.value === '') onChange(null);
        else if (!Number.isNaN(at.getTime())) onChange(at.toISOString());
      }}
    />
  );
}

/** As the input wants it: no zone, no milliseconds. */
function localTime(at: Date): string {
  if (Number.isNaN(at.getTime())) return '';
  const here = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return Number.isNaN(here.getTime()) ? '' : here.toISOString().slice(0, 19);
}

const getStyles = (theme: GrafanaTheme2) =>
  css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1),
    marginBottom: theme.spacing(2),
    '> *': { maxWidth: '100%' },
  });
