/** What an auditor finds of one decision: good, or wanting and why. What somebody else has found stands. */
import type { InspectedDecision } from '@countersign/contract';
import { Button, Field, TextArea } from '@grafana/ui';
import { useRef } from 'react';
import { useFinding } from '../api/audit';
import { t } from '../parts/i18n';
import { useKeptText } from '../parts/use-kept-text';
import { useKeys } from '../parts/use-keys';

interface JudgeProps {
  readonly inspectionId: string;
  readonly decision: InspectedDecision;
  readonly onDone: () => void;
}

export function Judge({ inspectionId, decision, onDone }: JudgeProps) {
  const [note, setNote, forgetNote] = useKeptText(`inspection.${inspectionId}.${decision.log_index}`, decision.note);
  const field = useRef<HTMLTextAreaElement>(null);
  const find = useFinding(inspectionId);
  const say = (finding: 'good' | 'wanting') => {
    if (finding === 'wanting' && note.trim() === '') {
      // It has to say what; the cursor is where that is written.
      field.current?.focus();
      return;
    }
    const onSuccess = () => {
      // It is on record: what a colleague writes there later must not be hidden by it.
      forgetNote();
      onDone();
    };
    find.mutate({ log_index: decision.log_index, finding, note }, { onSuccess });
  };
  useKeys({ g: () => say('good'), w: () => say('wanting') });
  return (
    <section aria-label={t('inspection.judge', 'What you find')} data-testid="judge">
      <Field label={t('inspection.note', 'What you found (needed where something is wanting)')}>
        <TextArea
          id="inspection-note"
          ref={field}
          rows={2}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
      </Field>
      <Button variant="secondary" onClick={() => say('good')}>
        {t('inspection.find-good', 'Good (G)')}
      </Button>{' '}
      <Button variant="secondary" onClick={() => say('wanting')}>
        {t('inspection.find-wanting', 'Wanting (W)')}
      </Button>
    </section>
  );
}

/** What is found already, where it is not the asker's to change. */
export function FoundBy({ decision: { finding, found_by, note } }: Pick<JudgeProps, 'decision'>) {
  if (finding === null || found_by === null) return null;
  return (
    <section aria-label={t('inspection.found', 'What was found')} data-testid="found">
      <p>
        {finding === 'good'
          ? t('inspection.found-good', '{{name}} has found it good.', { name: found_by.name })
          : t('inspection.found-wanting', '{{name}} has found it wanting.', { name: found_by.name })}
      </p>
      {note !== '' && <blockquote>{note}</blockquote>}
    </section>
  );
}
