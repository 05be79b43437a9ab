/** What is to be drawn: of which workflow and time, how many of each risk tier, and by which seed where somebody names one. */
import type { DrawRequest } from '@countersign/contract';
import { Button, Field, Input, Modal } from '@grafana/ui';
import { useState } from 'react';
import { useDraw } from '../api/audit';
import { t } from '../parts/i18n';
import { newId } from '../parts/new-id';
import { riskText } from '../parts/words';
import { WorkflowField } from '../parts/WorkflowField';
import { lastQuarter } from './quarters';

interface DrawFormProps {
  /** What is filled in beforehand. */
  readonly like?: Partial<Wish>;
  readonly onClose: () => void;
  readonly onDrawn: (inspectionId: string) => void;
}

const tiers = ['low', 'medium', 'high'] as const;
export interface Wish {
  readonly title: string;
  readonly workflow: string;
  /** In UTC, as fields of time have it. */
  readonly from: string;
  readonly to: string;
  /** Empty where the log is to choose it. */
  readonly seed: string;
  readonly logSize: string;
  readonly wanted: DrawRequest['wanted'];
}

export function DrawForm({ like, onClose, onDrawn }: DrawFormProps) {
  const [wish, setWish] = useState<Wish>(() => ({
    title: '',
    workflow: '',
    ...lastQuarter(new Date()),
    seed: '',
    logSize: '',
    wanted: { low: 10, medium: 20, high: 30 },
    ...like,
  }));
  // Of what is written, so that sending it twice draws once, and another wish is another.
  const [idempotencyKey, setIdempotencyKey] = useState<string>(() => newId());
  const change = (part: Partial<Wish>) => {
    setWish((before) => ({ ...before, ...part }));
    setIdempotencyKey(newId());
  };
  const { title, workflow, from, to, seed, logSize, wanted } = wish;
  const draw = useDraw();
  const isComplete = [title, workflow, from, to].every((text) => text.trim() !== '');
  const submit = () => {
    if (!isComplete || draw.isPending) return;
    const request: DrawRequest = {
      title: title.trim(),
      workflow_id: workflow.trim(),
      from: new Date(`${from}Z`).toISOString(),
      to: new Date(`${to}Z`).toISOString(),
      wanted,
      ...(seed.trim() === '' ? {} : { seed: seed.trim() }),
      ...(logSize === '' ? {} : { log_size: Number(logSize) }),
      idempotency_key: idempotencyKey,
    };
    draw.mutate(request, { onSuccess: ({ inspection_id }) => onDrawn(inspection_id) });
  };
  const text = (id: string, label: string, value: string, onText: (value: string) => void, more: object = {}) => (
    <Field label={label} {...more}>
      <Input
        id={id}
        autoFocus={id === 'draw-title'}
        value={value}
        onChange={(event) => onText(event.currentTarget.value)}
      />
    </Field>
  );
  return (
    <Modal title={t('inspections.draw', 'Draw a sample')} isOpen onDismiss={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {text('draw-title', t('inspections.form.title', 'What the audit is called'), title, (changed) =>
          change({ title: changed }),
        )}
        <Field label={t('inspections.form.workflow', 'Workflow')}>
          <WorkflowField
            id="draw-workflow"
            value={workflow === '' ? null : workflow}
            onChange={(changed) => change({ workflow: changed ?? '' })}
          />
        </Field>
        <Field label={t('inspections.form.from', 'From (UTC)')}>
          <Input
            id="draw-from"
            type="datetime-local"
            step={1}
            value={from}
            onChange={(event) => change({ from: event.currentTarget.value })}
          />
        </Field>
        <Field label={t('inspections.form.to', 'To, not included (UTC)')}>
          <Input
            id="draw-to"
            type="datetime-local"
            step={1}
            value={to}
            onChange={(event) => change({ to: event.currentTarget.value })}
          />
        </Field>
        {tiers.map((tier) => (
          <Field key={tier} label={t('inspections.form.wanted', 'Decisions of {{risk}}', { risk: riskText(tier) })}>
            <Input
              id={`draw-${tier}`}
              type="number"
              min={0}
              max={500}
              value={wanted[tier]}
              onChange={(event) => {
                const count = Math.trunc(event.currentTarget.valueAsNumber) || 0;
                change({ wanted: { ...wanted, [tier]: count } });
              }}
            />
          </Field>
        ))}
        {text(
          'draw-seed',
          t('inspections.form.seed', 'Seed (optional)'),
          seed,
          (changed) => change({ seed: changed }),
          {
            description: t(
              'inspections.form.seed-help',
              'The same seed draws the same decisions. Left empty, the log chooses one that nobody can know beforehand.',
            ),
          },
        )}
        <Field
          label={t('inspections.form.log-size', 'Records of the log (optional)')}
          description={t(
            'inspections.form.log-size-help',
            'To draw an earlier sample again: as many as the log had then. Left empty, all that it has.',
          )}
        >
          <Input
            id="draw-log-size"
            type="number"
            min={0}
            value={logSize}
            onChange={(event) => change({ logSize: event.currentTarget.value })}
          />
        </Field>
        <Modal.ButtonRow>
          <Button variant="secondary" fill="outline" onClick={onClose}>
            {t('inspections.form.cancel', 'Cancel')}
          </Button>
          <Button type="submit" disabled={!isComplete} aria-busy={draw.isPending}>
            {t('inspections.form.draw', 'Draw')}
          </Button>
        </Modal.ButtonRow>
      </form>
    </Modal>
  );
}
