/** One justification for all cases of a batch; nothing is chosen beforehand. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { Batch, DecideBatchRequest } from '@countersign/contract';
import { Alert, Button, Combobox, Field, TextArea, useStyles2 } from '@grafana/ui';
import { useRef, useState } from 'react';
import { useDecideBatch } from '../api/reviews';
import { t } from '../parts/i18n';
import { newId } from '../parts/new-id';
import { useKeptText } from '../parts/use-kept-text';
import { useKeys } from '../parts/use-keys';
import type { DecidedAtOnce } from './use-decided-at-once';

interface BatchFormProps {
  readonly batch: Batch;
  /** The case that the others are like. */
  readonly seed: string;
  /** Those of it that are to be decided: the person has left the others out. */
  readonly chosen: readonly string[];
  /** The sample has been opened. */
  readonly isReady: boolean;
  readonly onDecided: (done: Omit<DecidedAtOnce, 'seed'>) => void;
}

const keysFor = (ids: readonly string[]): Record<string, string> => Object.fromEntries(ids.map((id) => [id, newId()]));

const actions = ['accept', 'reject'] as const;
type BatchAction = (typeof actions)[number];

export function BatchForm({ seed, batch, chosen, isReady, onDecided }: BatchFormProps) {
  const styles = useStyles2(getStyles);
  const [kept, setAction] = useKeptText(`batch.${seed}.action`);
  const action = actions.find((one) => one === kept) ?? null;
  const [justification, setJustification] = useKeptText(`batch.${seed}`);
  // Of what is written: sent again it decides nothing twice, and what was changed is another decision.
  const [keys, setKeys] = useState(() => keysFor(batch.items.map(({ decision_id }) => decision_id)));
  const [keptCode, setReasonCode] = useKeptText(`batch.${seed}.reason`);
  const reasonCode = batch.reason_codes.find((code) => code === keptCode) ?? null;
  const [startedAt] = useState(() => performance.now());
  const text = useRef<HTMLTextAreaElement>(null);
  const decide = useDecideBatch(batch.batch_id);
  const changeKeys = () => setKeys((before) => keysFor(Object.keys(before)));
  const write = (typed: string) => {
    setJustification(typed);
    changeKeys();
  };
  const choose = (one: BatchAction) => {
    setAction(one);
    changeKeys();
    text.current?.focus();
  };
  const missing = !isReady
    ? t('review.batch.missing-sample', 'Open the sample first: O opens the next of it.')
    : chosen.length === 0
      ? t('review.batch.missing-cases', 'No case is chosen.')
      : action === null
        ? t('review.missing.action', 'Choose an action first.')
        : justification.trim() === ''
          ? t('review.batch.missing-why', 'Say why.')
          : null;
  const isComplete = action !== null && missing === null;
  const submit = () => {
    if (!isComplete || decide.isPending) return;
    const request: DecideBatchRequest = {
      action,
      justification,
      ...(reasonCode === null ? {} : { reason_code: reasonCode }),
      idempotency_keys: Object.fromEntries(chosen.map((id) => [id, keys[id] ?? ''])),
      review_ms: since(startedAt),
    };
    decide.mutate(request, {
      onSuccess: (decided) => {
        for (const forget of [setAction, setJustification, setReasonCode]) forget('');
        onDecided({ decided, request, until: Date.now() + decided.undo_ms });
      },
    });
  };
  useKeys({ a: () => choose('accept'), r: () => choose('reject'), 'mod+Enter': submit });
  return (
    <section className={styles} aria-label={t('review.batch.form', 'Decide all')} data-testid="batch-form">
      {decide.isError && (
        <Alert severity="warning" title={t('review.batch.not-decided', 'Not decided')}>
          {decide.error.message} {t('review.form.kept', 'Your text is kept.')}
        </Alert>
      )}
      <div role="group" aria-label={t('review.form.action', 'Action')}>
        {actions.map((one) => (
          <Button
            key={one}
            variant={action === one ? 'primary' : 'secondary'}
            aria-pressed={action === one}
            onClick={() => choose(one)}
          >
            {one === 'accept' ? t('review.batch.accept', 'Accept all (A)') : t('review.batch.reject', 'Reject all (R)')}
          </Button>
        ))}
      </div>
      <Field label={t('review.batch.why', 'Why, for all of them')} noMargin>
        <TextArea
          id="batch-why"
          ref={text}
          rows={2}
          value={justification}
          placeholder={t('review.batch.why-hint', 'In your own words; it goes on record with each')}
          onChange={(event) => write(event.currentTarget.value)}
        />
      </Field>
      {batch.reason_codes.length > 0 && (
        <Field label={t('review.form.code', 'Reason code (optional)')} noMargin>
          <Combobox
            id="batch-reason-code"
            options={batch.reason_codes.map((value) => ({ value }))}
            value={reasonCode}
            isClearable
            placeholder={t('review.form.no-code', 'None')}
            onChange={(option) => {
              setReasonCode(option?.value ?? '');
              changeKeys();
            }}
          />
        </Field>
      )}
      {missing !== null && <p data-testid="batch-missing">{missing}</p>}
      <Button disabled={!isComplete || decide.isPending} onClick={submit} data-testid="batch-submit">
        {decide.isPending
          ? t('review.batch.deciding', 'Deciding each')
          : t('review.batch.decide', '', {
              count: chosen.length,
              defaultValue_one: 'Decide {{count}} case (Ctrl ↵)',
              defaultValue_other: 'Decide {{count}} cases (Ctrl ↵)',
            })}
      </Button>
    </section>
  );
}

/** ms */
const since = (startedAt: number) => Math.round(performance.now() - startedAt);

const getStyles = (theme: GrafanaTheme2) =>
  css({
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'flex-start',
    gap: theme.spacing(1),
    padding: theme.spacing(1.5, 0),
    marginTop: theme.spacing(2),
    borderTop: `1px solid ${theme.colors.border.medium}`,
    '> div': { width: '100%' },
    '> div > button': { marginRight: theme.spacing(1) },
  });
