/** What has to be known before an incident is closed. What was typed is kept until it is. */
import type { Incident, Postmortem } from '@countersign/contract';
import { Button, Field, Input, Modal, TextArea } from '@grafana/ui';
import { useState } from 'react';
import { t } from '../parts/i18n';
import { ofBrowser } from '../parts/own-storage';

interface PostmortemModalProps {
  readonly incident: Incident;
  readonly pending: boolean;
  readonly onConfirm: (postmortem: Postmortem) => void;
  readonly onClose: () => void;
}

const questions = () =>
  [
    {
      name: 'root_cause',
      label: t('response.postmortem.cause', 'Root cause'),
      hint: t('response.postmortem.cause-hint', 'What made it happen, below the symptom'),
    },
    {
      name: 'remediation',
      label: t('response.postmortem.remediation', 'Remediation'),
      hint: t('response.postmortem.remediation-hint', 'What was done, and what keeps it from happening again'),
    },
    {
      name: 'test_added',
      label: t('response.postmortem.test', 'Test added'),
      hint: t('response.postmortem.test-hint', 'The test that would find it the next time'),
    },
  ] as const;

const nameOf = (incidentId: string) => `postmortem.${incidentId}`;
/** It is on record. */
export const forgetPostmortem = (incidentId: string): void => ofBrowser.forget(nameOf(incidentId));

const empty: Postmortem = { root_cause: '', model_version: '', remediation: '', test_added: '' };

const read = (incidentId: string): Postmortem => ({
  ...empty,
  ...(ofBrowser.readJson(nameOf(incidentId)) as Partial<Postmortem> | null),
});

export function PostmortemModal({ incident, pending, onConfirm, onClose }: PostmortemModalProps) {
  const [postmortem, setPostmortem] = useState(() => read(incident.incident_id));
  const change = (part: Partial<Postmortem>) => {
    const after = { ...postmortem, ...part };
    setPostmortem(after);
    ofBrowser.write(nameOf(incident.incident_id), JSON.stringify(after));
  };
  const isComplete = Object.values(postmortem).every((text) => text.trim() !== '');
  return (
    <Modal
      title={t('response.postmortem.title', 'Postmortem: {{title}}', { title: incident.title })}
      isOpen
      onDismiss={onClose}
    >
      <p>
        {t(
          'response.postmortem.explains',
          'The incident is closed with it. It goes on record, and people read it before the next one.',
        )}
      </p>
      {questions().map(({ name, label, hint }, i) => (
        <Field key={name} label={label}>
          <TextArea
            id={`postmortem-${name}`}
            autoFocus={i === 0}
            rows={2}
            value={postmortem[name]}
            placeholder={hint}
            onChange={(event) => change({ [name]: event.currentTarget.value })}
          />
        </Field>
      ))}
      <Field
        label={t('response.postmortem.model', 'Model version')}
        description={t('response.postmortem.model-hint', 'The version that did it; “none” when no model was to blame')}
      >
        <Input
          id="postmortem-model-version"
          value={postmortem.model_version}
          onChange={(event) => change({ model_version: event.currentTarget.value })}
        />
      </Field>
      <Modal.ButtonRow>
        <Button variant="secondary" fill="outline" onClick={onClose}>
          {t('response.postmortem.later', 'Later')}
        </Button>
        <Button disabled={!isComplete} aria-busy={pending} onClick={() => pending || onConfirm(postmortem)}>
          {t('response.postmortem.confirm', 'Close the incident')}
        </Button>
      </Modal.ButtonRow>
    </Modal>
  );
}
