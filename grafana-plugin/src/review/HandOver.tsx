/** Gives a case to a colleague, with a word on why. */
import type { QueueItem } from '@countersign/contract';
import { Button, Combobox, Field, Modal, TextArea } from '@grafana/ui';
import { useState } from 'react';
import { useColleagues, useHandOver } from '../api/reviews';
import { t } from '../parts/i18n';
import { useKeptText } from '../parts/use-kept-text';

interface HandOverProps {
  readonly item: QueueItem;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function HandOver({ item, onClose, onDone }: HandOverProps) {
  const people = useColleagues(item.decision_id);
  const handOver = useHandOver();
  const [to, setTo] = useState<string | null>(null);
  const [note, setNote] = useKeptText(`hand-over.${item.decision_id}`);
  const give = () => {
    if (to === null) return;
    const done = () => {
      setNote('');
      onDone();
    };
    handOver.mutate({ id: item.decision_id, to, note }, { onSuccess: done });
  };
  return (
    <Modal title={t('review.hand-over.title', 'Hand over')} isOpen onDismiss={onClose}>
      <p>
        {t(
          'review.hand-over.explains',
          'Your claim on “{{title}}” ends, and your colleague gets it before others when they press N.',
          { title: item.title },
        )}
      </p>
      <Field
        label={t('review.hand-over.to', 'To')}
        invalid={people.isError || people.data?.length === 0}
        error={
          people.isError
            ? people.error.message
            : t('review.hand-over.nobody', 'Nobody else may decide this case. Escalate it, or leave it in the queue.')
        }
      >
        <Combobox
          id="hand-over-to"
          autoFocus
          options={(people.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={to}
          loading={people.isPending}
          placeholder={t('review.hand-over.colleague', 'A colleague')}
          onChange={({ value }) => setTo(value)}
        />
      </Field>
      <Field label={t('review.hand-over.note', 'What they should know (optional)')}>
        <TextArea
          id="hand-over-note"
          rows={2}
          value={note}
          placeholder={t('review.hand-over.note-hint', 'It goes on record')}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
      </Field>
      <Modal.ButtonRow>
        <Button variant="secondary" fill="outline" onClick={onClose}>
          {t('parts.cancel', 'Cancel')}
        </Button>
        <Button disabled={to === null} aria-busy={handOver.isPending} onClick={() => handOver.isPending || give()}>
          {t('review.hand-over.give', 'Hand over')}
        </Button>
      </Modal.ButtonRow>
    </Modal>
  );
}
