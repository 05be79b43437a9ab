/** What a reviewer has typed on a case, kept in the browser until it is recorded: a reload or an error loses nothing. */
import type { DecideRequest, DecisionAction } from '@countersign/contract';
import { useCallback, useState } from 'react';
import { newId } from '../parts/new-id';
import { ofBrowser } from '../parts/own-storage';
import { textOf } from './edited-answer';

export interface Draft {
  readonly action: DecisionAction | null;
  readonly justification: string;
  readonly label: string | null;
  /** A structured answer, as JSON text; null while it is the AI's. */
  readonly value: string | null;
  readonly reasonCode: string | null;
  /** Of what is written: sent twice it is recorded once. */
  readonly idempotencyKey: string;
}

const nameOf = (decisionId: string) => `draft.${decisionId}`;

const emptyDraft = (): Draft => ({
  action: null,
  justification: '',
  // oxlint-disable-next-line grafana-i18n/no-untranslated-strings -- null is no text
  label: null,
  value: null,
  reasonCode: null,
  idempotencyKey: newId(),
});

export const readDraft = (decisionId: string): Draft => draftFrom(ofBrowser.readJson(nameOf(decisionId)));

/** Whatever is stored: a field of another kind than it should be is as if it were not there. */
function draftFrom(stored: unknown): Draft {
  const empty = emptyDraft();
  const fields = typeof stored === 'object' && stored !== null ? (stored as Record<string, unknown>) : {};
  const text = (name: keyof Draft): string | null => (typeof fields[name] === 'string' ? fields[name] : null);
  return {
    action: text('action') as Draft['action'],
    justification: text('justification') ?? '',
    label: text('label'),
    value: text('value'),
    reasonCode: text('reasonCode'),
    idempotencyKey: text('idempotencyKey') ?? empty.idempotencyKey,
  };
}

const write = (decisionId: string, draft: Draft): void => ofBrowser.write(nameOf(decisionId), JSON.stringify(draft));

/** What was decided and undone is there again, to be sent under a key of its own. */
export const restoreDraft = (
  decisionId: string,
  {
    action,
    justification,
    output,
    reason_code,
  }: Pick<DecideRequest, 'action' | 'justification' | 'output' | 'reason_code'>,
): void =>
  write(decisionId, {
    ...emptyDraft(),
    action,
    justification,
    label: output?.label ?? null,
    value: output?.value === undefined ? null : textOf(output.value),
    reasonCode: reason_code ?? null,
  });

/** What went under that key was recorded. What was written since, here or on another page, is kept. */
export function clearDraft(decisionId: string, idempotencyKey: string): void {
  if (readDraft(decisionId).idempotencyKey === idempotencyKey) ofBrowser.forget(nameOf(decisionId));
}

export function useDraft(decisionId: string) {
  const [draft, setDraft] = useState(() => readDraft(decisionId));
  const change = useCallback(
    (part: Partial<Omit<Draft, 'idempotencyKey'>>) =>
      setDraft((before) => {
        // What is changed is another decision, and may not pass for one that was sent before.
        const after = { ...before, ...part, idempotencyKey: newId() };
        write(decisionId, after);
        return after;
      }),
    [decisionId],
  );
  return { draft, change };
}
