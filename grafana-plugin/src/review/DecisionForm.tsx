/** Where a person decides: no action is chosen beforehand, accept and reject are alike, and nothing typed is lost. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { DecideRequest, DecisionAction, Lease, ReviewCase } from '@countersign/contract';
import { Alert, Button, Combobox, Field, TextArea, useStyles2, type IconName } from '@grafana/ui';
import { useRef } from 'react';
import { CallError } from '../api/client';
import { t } from '../parts/i18n';
import { useKeys } from '../parts/use-keys';
import { actionText } from '../parts/words';
import { clockOf } from './case-clock';
import { useDraft, type Draft } from './draft';
import { answerProblem, isPlainText, textOf, valueOf } from './edited-answer';
import { afterwards, missingIn } from './what-is-missing';

interface DecisionFormProps {
  readonly opened: ReviewCase;
  readonly lease: Lease;
  readonly isPending: boolean;
  /** Why it was not recorded. */
  readonly problem: Error | null;
  readonly onDecide: (request: DecideRequest) => void;
}

const actions: readonly { action: DecisionAction; key: string; icon: IconName }[] = [
  { action: 'accept', key: 'a', icon: 'check' },
  { action: 'reject', key: 'r', icon: 'times' },
  { action: 'modify', key: 'm', icon: 'pen' },
  { action: 'escalate', key: 'e', icon: 'arrow-up' },
  { action: 'rollback', key: 'b', icon: 'history' },
];

export function DecisionForm({ opened, lease, isPending, problem, onDecide }: DecisionFormProps) {
  const styles = useStyles2(getStyles);
  const { item, rules, decision } = opened;
  const { draft, change } = useDraft(item.decision_id);
  const justification = useRef<HTMLTextAreaElement>(null);

  const possible = actions.filter(({ action }) => action !== 'rollback' || decision.route === 'auto');
  const missing = missingIn(draft, opened);
  const given = opened.answer?.output;
  const isStructured = rules.output !== null || given?.value !== undefined;
  const labels = rules.labels.filter((label) => isStructured || label !== given?.label);
  // What they said before they saw the AI's answer, where it was another. Without labels an answer is a value and nothing else.
  const committed = opened.committed?.label ?? null;
  const startLabel =
    committed !== null && labels.includes(committed) ? committed : isStructured ? (given?.label ?? null) : null;
  const wrong = answerProblem(draft.value, given?.value, rules.output);
  const choose = (action: DecisionAction) => {
    if (isPending) return;
    const [only, another] = labels;
    const start = another === undefined ? (only ?? null) : (draft.label ?? startLabel);
    change(action === 'modify' ? { action, label: start } : { action });
    // At once: what is typed next is the reason, and not another key.
    justification.current?.focus();
  };
  const submit = () => {
    if (draft.action === null || missing !== null || isPending) return;
    const request: DecideRequest = {
      action: draft.action,
      justification: draft.justification,
      ...(draft.action === 'modify' ? { output: outputOf(draft, given?.value) } : {}),
      ...(draft.reasonCode === null ? {} : { reason_code: draft.reasonCode }),
      lease_epoch: lease.epoch,
      case_version: item.version,
      evidence_hash: opened.evidence_hash,
      idempotency_key: draft.idempotencyKey,
      review_ms: clockOf(item.decision_id, lease.epoch),
    };
    onDecide(request);
  };
  useKeys({
    ...Object.fromEntries(possible.map(({ action, key }) => [key, () => choose(action)])),
    'mod+Enter': submit,
  });

  return (
    <section className={styles.form} aria-label={t('review.form.name', 'Your decision')} data-testid="decision-form">
      {problem instanceof CallError && <NotRecorded problem={problem} />}
      <div className={styles.actions} role="group" aria-label={t('review.form.action', 'Action')}>
        {possible.map(({ action, key, icon }) => (
          <Button
            key={action}
            icon={icon}
            variant={draft.action === action ? 'primary' : 'secondary'}
            aria-pressed={draft.action === action}
            onClick={() => choose(action)}
          >
            {actionText(action)} <kbd className={styles.key}>{key.toUpperCase()}</kbd>
          </Button>
        ))}
      </div>
      {draft.action === 'modify' && labels.length > 0 && (
        <Field label={t('review.form.label', 'What it should have been')} noMargin>
          <Combobox
            id="decision-label"
            disabled={isPending}
            options={labels.map((value) => ({ value }))}
            value={draft.label}
            placeholder={t('review.form.label-hint', 'Choose a label')}
            onChange={(option) => change({ label: option.value })}
          />
        </Field>
      )}
      {draft.action === 'modify' && isStructured && (
        <Field
          label={
            isPlainText(given?.value)
              ? t('review.form.answer-text', 'The answer in full')
              : t('review.form.answer', 'The answer in full (JSON)')
          }
          invalid={wrong !== null}
          error={wrong}
          noMargin
        >
          <TextArea
            id="decision-value"
            rows={6}
            className={cx(!isPlainText(given?.value) && styles.value)}
            value={draft.value ?? textOf(given?.value ?? {})}
            readOnly={isPending}
            spellCheck={false}
            onChange={(event) => change({ value: event.currentTarget.value })}
          />
        </Field>
      )}
      <div className={styles.texts}>
        <Field
          label={
            draft.action !== null && rules.justification_required.includes(draft.action)
              ? t('review.form.why', 'Why')
              : t('review.form.why-optional', 'Why (optional)')
          }
          className={styles.justification}
          noMargin
        >
          <TextArea
            id="decision-why"
            ref={justification}
            rows={2}
            // What is typed while it is on its way would not go along.
            readOnly={isPending}
            value={draft.justification}
            placeholder={t('parts.why-hint', 'In your own words; it goes on record')}
            onChange={(event) => change({ justification: event.currentTarget.value })}
          />
        </Field>
        {rules.reason_codes.length > 0 && (
          <Field label={t('review.form.code', 'Reason code (optional)')} className={styles.code} noMargin>
            <Combobox
              id="decision-reason-code"
              disabled={isPending}
              options={rules.reason_codes.map((value) => ({ value }))}
              value={draft.reasonCode}
              isClearable
              placeholder={t('review.form.no-code', 'None')}
              onChange={(option) => change({ reasonCode: option?.value ?? null })}
            />
          </Field>
        )}
      </div>
      <div className={styles.submit}>
        <Button onClick={submit} disabled={missing !== null} aria-busy={isPending} data-testid="submit">
          {isPending ? t('review.form.recording', 'Recording') : t('review.form.record', 'Record decision')}{' '}
          <kbd className={styles.key}>{t('review.form.record-key', 'Ctrl ↵')}</kbd>
        </Button>
        <span className={styles.missing}>{missing ?? afterwards(rules.undo_ms)}</span>
      </div>
    </section>
  );
}

/** Why not; or that nobody knows, because the answer was lost: to send the same again records nothing twice. */
export function NotRecorded({ problem }: { problem: CallError }) {
  return (
    <Alert
      severity="warning"
      title={
        problem.isLost
          ? t('review.form.unknown', 'It is not known whether it was recorded')
          : t('review.form.not-recorded', 'Not recorded')
      }
    >
      {problem.message} {t('review.form.kept', 'Your text is kept.')}
    </Alert>
  );
}

/** What was changed: without a value, the AI's stands. */
function outputOf({ label, value }: Draft, given: unknown): DecideRequest['output'] {
  return value === null ? { label } : { label, value: valueOf(value, given) };
}

const getStyles = (theme: GrafanaTheme2) => ({
  value: css({ fontFamily: theme.typography.fontFamilyMonospace }),
  form: css({
    position: 'sticky',
    bottom: 0,
    [theme.breakpoints.down('md')]: { bottom: 'var(--undo-bar, 0px)', maxHeight: '45vh' },
    // Above what Grafana lifts within the case.
    zIndex: theme.zIndex.activePanel + 2,
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1),
    padding: theme.spacing(1.5, 0),
    // The case that it is about has to be in sight.
    maxHeight: '55vh',
    overflowY: 'auto',
    '@media (max-height: 520px)': { position: 'static', maxHeight: 'none' },
    background: theme.colors.background.canvas,
    borderTop: `1px solid ${theme.colors.border.medium}`,
  }),
  actions: css({ display: 'flex', gap: theme.spacing(1), flexWrap: 'wrap' }),
  key: css({
    marginLeft: theme.spacing(0.75),
    padding: '0 5px',
    fontSize: 11,
    background: 'transparent',
    color: 'inherit',
    border: '1px solid currentColor',
    boxShadow: 'none',
  }),
  texts: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1, 2) }),
  justification: css({ flex: '1 1 220px' }),
  code: css({ flex: '0 1 220px', minWidth: 160 }),
  submit: css({ display: 'flex', gap: theme.spacing(1.5), alignItems: 'center' }),
  missing: css({ color: theme.colors.text.secondary }),
});
