/** Which records are shown. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { DecisionAction, RiskTier } from '@countersign/contract';
import { eventTypes } from '@countersign/contract/event-types';
import { Button, Input, useStyles2 } from '@grafana/ui';
import { useState, type ComponentProps, type FormEvent } from 'react';
import type { AuditFilter } from '../api/audit';
import { Choice } from '../parts/Choice';
import { t } from '../parts/i18n';
import { actionText, riskText } from '../parts/words';
import { WorkflowChoice } from '../parts/WorkflowField';

/** Null and nothing take a filter away. */
export type Changes = { readonly [name in keyof AuditFilter]?: string | null };

interface AuditFiltersProps {
  readonly filter: AuditFilter;
  /** What the people on screen are called, by id. */
  readonly people: Readonly<Record<string, string>>;
  readonly onChange: (changes: Changes) => void;
}

const actors = () => [
  { value: 'ai', label: t('audit.actor.ai', 'AI') },
  { value: 'human', label: t('audit.actor.human', 'Person') },
  { value: 'service', label: t('audit.actor.service', 'Service') },
  { value: 'daemon', label: t('audit.actor.daemon', 'Countersign') },
];
const actions = () => DecisionAction.enum.map((value) => ({ value, label: actionText(value) }));
const signatures = () => [
  { value: 'true', label: t('audit.filter.is-signed', 'Has a signature of its own') },
  { value: 'false', label: t('audit.filter.is-not-signed', 'Under a checkpoint alone') },
];
const tiers = () => RiskTier.enum.map((value) => ({ value, label: riskText(value) }));

/** As they are on record: the short name of each is in its type. */
const types = () =>
  Object.values(eventTypes).map((value) => ({ value, label: value.split('.').slice(1, -1).join(' ') }));

/** Those that are asked for less often; shown when one of them is in the address. */
const furtherNames = ['event_id', 'model_hash', 'input', 'leaf_hash', 'signed'] as const;

export function AuditFilters({ filter, people, onChange }: AuditFiltersProps) {
  const styles = useStyles2(getStyles);
  const isAsked = furtherNames.some((name) => filter[name] !== undefined);
  const [wantsAll, setWantsAll] = useState(false);
  // What narrows the records is on screen, however it came into the address.
  const isOpen = wantsAll || isAsked;
  const actorId = filter.actor_id ?? null;
  const known = Object.entries(people).map(([value, label]) => ({ value, label }));
  const isKnown = actorId === null || known.some(({ value }) => value === actorId);
  return (
    <div className={styles} role="search">
      <WorkflowChoice width={30} value={filter.workflow ?? null} onChange={(workflow) => onChange({ workflow })} />
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
      <Choice
        name={t('audit.filter.actor-id', 'Person, or the id of who did it')}
        options={isKnown ? known : [...known, { value: actorId, label: actorId }]}
        value={actorId}
        placeholder={t('audit.filter.actor-id', 'Person, or the id of who did it')}
        takesOther
        width={30}
        onChange={(actor_id) => onChange({ actor_id })}
      />
      <TimeFilter name={t('audit.filter.from', 'From')} value={filter.from} onChange={(from) => onChange({ from })} />
      <TimeFilter name={t('audit.filter.to', 'To')} value={filter.to} onChange={(to) => onChange({ to })} />
      <Choice
        name={t('audit.filter.risk', 'Risk tier')}
        options={tiers()}
        value={filter.risk_tier ?? null}
        placeholder={t('audit.filter.any-risk', 'Any risk')}
        width={20}
        onChange={(risk_tier) => onChange({ risk_tier })}
      />
      <Choice
        name={t('audit.filter.type', 'Kind of record')}
        options={types()}
        value={filter.type ?? null}
        placeholder={t('audit.filter.any-type', 'Any kind')}
        width={24}
        onChange={(type) => onChange({ type })}
      />
      <Choice
        name={t('audit.filter.actor', 'Who')}
        options={actors()}
        value={filter.actor ?? null}
        placeholder={t('audit.filter.any-actor', 'Anyone')}
        width={20}
        onChange={(actor) => onChange({ actor })}
      />
      <Choice
        name={t('audit.filter.action', 'Action')}
        options={actions()}
        value={filter.action ?? null}
        placeholder={t('audit.filter.any-action', 'Any action')}
        width={20}
        onChange={(action) => onChange({ action })}
      />
      <Button
        variant="secondary"
        fill="text"
        icon={isOpen ? 'angle-up' : 'angle-down'}
        aria-expanded={isOpen}
        disabled={isAsked}
        onClick={() => setWantsAll(!wantsAll)}
      >
        {t('audit.filter.further', 'By hash or id')}
      </Button>
      {isOpen && (
        <>
          <TextFilter
            name={t('audit.filter.event', 'Event id')}
            value={filter.event_id}
            onChange={(event_id) => onChange({ event_id })}
          />
          <TextFilter
            name={t('audit.filter.model-hash', 'Model hash (sha256:…)')}
            value={filter.model_hash}
            onChange={(model_hash) => onChange({ model_hash })}
          />
          <TextFilter
            name={t('audit.filter.input', 'Input hash (sha256:…)')}
            value={filter.input}
            onChange={(input) => onChange({ input })}
          />
          <TextFilter
            name={t('audit.filter.leaf', 'Leaf hash (64 hex digits)')}
            value={filter.leaf_hash}
            onChange={(leaf_hash) => onChange({ leaf_hash })}
          />
          <Choice
            name={t('audit.filter.signed', 'Signature')}
            options={signatures()}
            value={filter.signed ?? null}
            placeholder={t('audit.filter.any-signed', 'Signed by itself or not')}
            width={30}
            onChange={(signed) => onChange({ signed })}
          />
        </>
      )}
    </div>
  );
}

interface FilterProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | null) => void;
}

function TextFilter({ name, value, onChange }: FilterProps) {
  return <Applied value={value ?? ''} onApply={onChange} aria-label={name} placeholder={name} width={30} />;
}

/** In the browser's time zone; the address and the daemon have UTC. */
function TimeFilter({ name, value, onChange }: FilterProps) {
  const apply = (typed: string) => {
    const at = new Date(typed);
    if (typed === '') onChange(null);
    else if (!Number.isNaN(at.getTime())) onChange(at.toISOString());
  };
  return (
    <Applied
      value={value === undefined ? '' : localTime(new Date(value))}
      onApply={apply}
      aria-label={name}
      prefix={name}
      type="datetime-local"
      step={1}
      width={34}
    />
  );
}

type AppliedProps = Omit<ComponentProps<typeof Input>, 'value' | 'onChange' | 'onBlur'> & {
  readonly value: string;
  readonly onApply: (typed: string) => void;
};

/** Applied by Enter or on leaving, so that the list does not jump at each letter. The cursor stays where it is. */
function Applied({ value, onApply, ...input }: AppliedProps) {
  const [typed, setTyped] = useState(value);
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    // What is in the address is what is in the field, however it came there.
    setShown(value);
    setTyped(value);
  }
  const apply = (event?: FormEvent) => {
    event?.preventDefault();
    if (typed.trim() !== value) onApply(typed.trim());
  };
  return (
    <form onSubmit={apply}>
      <Input
        {...input}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => apply()}
      />
    </form>
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
