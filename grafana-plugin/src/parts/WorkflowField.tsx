/** A workflow to choose by its title; one that has no policy any more is there when an address asks for it. */
import { Combobox } from '@grafana/ui';
import { useLoops } from '../api/loops';
import { Choice } from './Choice';
import { t } from './i18n';

interface WorkflowFieldProps {
  readonly value: string | null;
  readonly onChange: (workflow: string | null) => void;
}

function useOptions(value: string | null) {
  const loops = useLoops();
  const known = (loops.data ?? []).map(({ workflow_id, title }) => ({ value: workflow_id, label: title }));
  const isKnown = value === null || known.some((option) => option.value === value);
  return isKnown ? known : [...known, { value, label: value }];
}

/** Under a label of its own, in a form. */
export function WorkflowField({ id, value, onChange }: WorkflowFieldProps & { readonly id: string }) {
  return (
    <Combobox
      id={id}
      options={useOptions(value)}
      value={value}
      placeholder={t('parts.workflow', 'Workflow')}
      isClearable
      onChange={(option) => onChange(option?.value ?? null)}
    />
  );
}

/** Among filters. */
export function WorkflowChoice({ width, ...rest }: WorkflowFieldProps & { readonly width: number }) {
  return (
    <Choice
      name={t('parts.workflow', 'Workflow')}
      options={useOptions(rest.value)}
      placeholder={t('parts.any-workflow', 'Any workflow')}
      width={width}
      {...rest}
    />
  );
}
