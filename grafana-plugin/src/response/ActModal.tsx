/** An act on decision authority asks for its reason first; the reason goes on record. */
import { Button, Field, Modal, TextArea } from '@grafana/ui';
import { useState, type ReactNode } from 'react';
import { t } from '../parts/i18n';

interface ActModalProps {
  readonly title: string;
  readonly explains: string;
  readonly confirm: string;
  readonly destructive: boolean;
  readonly pending: boolean;
  readonly onConfirm: (justification: string) => void;
  readonly onClose: () => void;
  /** What else has to be said. */
  readonly children?: ReactNode;
}

export function ActModal({
  title,
  explains,
  confirm,
  destructive,
  pending,
  onConfirm,
  onClose,
  children,
}: ActModalProps) {
  const [justification, setJustification] = useState('');
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
          onClick={() => pending || onConfirm(justification)}
        >
          {confirm}
        </Button>
      </Modal.ButtonRow>
    </Modal>
  );
}
