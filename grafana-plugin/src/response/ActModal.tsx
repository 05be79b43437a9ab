/** An act on decision authority asks for its reason first; the reason goes on record. */
import { Button, Field, Modal, TextArea } from '@grafana/ui';
import type { ReactNode } from 'react';
import { t } from '../parts/i18n';
import { useKeptText } from '../parts/use-kept-text';

interface ActModalProps {
  /** Of what it is about: a reason that was not sent is kept for it, and for nothing else. */
  readonly about: string;
  readonly title: string;
  readonly explains: string;
  readonly confirm: string;
  readonly destructive: boolean;
  readonly pending: boolean;
  /** `done` is called when it came about: the reason is on record then, and the dialog closes. */
  readonly onConfirm: (justification: string, done: { readonly onSuccess: () => void }) => void;
  readonly onClose: () => void;
  /** What else has to be said. */
  readonly children?: ReactNode;
}

export function ActModal({
  about,
  title,
  explains,
  confirm,
  destructive,
  pending,
  onConfirm,
  onClose,
  children,
}: ActModalProps) {
  const [justification, setJustification] = useKeptText(`act.${confirm}.${about}`);
  const done = () => {
    setJustification('');
    onClose();
  };
  return (
    <Modal title={title} isOpen onDismiss={onClose}>
      <p>{explains}</p>
      {children}
      <Field label={t('parts.why', 'Why')}>
        <TextArea
          id="act-why"
          autoFocus
          rows={3}
          value={justification}
          placeholder={t('parts.why-hint', 'In your own words; it goes on record')}
          onChange={(event) => setJustification(event.currentTarget.value)}
        />
      </Field>
      <Modal.ButtonRow>
        <Button variant="secondary" fill="outline" onClick={onClose}>
          {t('parts.cancel', 'Cancel')}
        </Button>
        <Button
          variant={destructive ? 'destructive' : 'primary'}
          // Not while it is pending: a button that is disabled loses the cursor, and Grafana 12.3 then hears no Escape.
          disabled={justification.trim() === ''}
          aria-busy={pending}
          onClick={() => pending || onConfirm(justification, { onSuccess: done })}
        >
          {confirm}
        </Button>
      </Modal.ButtonRow>
    </Modal>
  );
}
