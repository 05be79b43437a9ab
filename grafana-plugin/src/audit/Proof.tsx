/** What this browser has found out about a record by itself, step by step, and what to do when something does not hold. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { AuditProof } from '@countersign/contract';
import { Alert, Icon, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { t, Trans } from '../parts/i18n';
import { useNow } from '../parts/use-now';
import { useSameLog, type ComparedLog } from './use-same-log';
import type { ProofCheck, ProofStep } from './verify-proof';

interface ProofProps {
  readonly proof: AuditProof;
  readonly check: ProofCheck;
  /** The steps only where one does not hold. */
  readonly isBrief?: boolean;
}

export function Proof({ proof, check, isBrief = false }: ProofProps) {
  const log = useSameLog(proof);
  const steps = [...check.steps, ...stepsOf(log)];
  const isProven = check.verified && (log.is === 'first' || log.is === 'same');
  return (
    <section aria-label={t('audit.proof.name', 'Proof')} data-testid="proof" data-verified={isProven}>
      <Verdict proof={proof} check={check} log={log} />
      {!(isBrief && isProven) && <Steps steps={steps} verifierKey={proof.verifier_key} />}
    </section>
  );
}

/** A checkpoint is signed within a second; one that is so late may never come. */
const overdueMs = 15_000;

function Steps({ steps, verifierKey }: { steps: readonly ProofStep[]; verifierKey: string }) {
  const styles = useStyles2(getStyles);
  return (
    <>
      <ul className={styles.steps}>
        {steps.map(({ holds, says }) => (
          <li key={says}>
            <Icon
              name={holds ? 'check-circle' : 'exclamation-triangle'}
              className={holds ? styles.good : styles.bad}
              title={holds ? t('audit.proof.holds', 'holds') : t('audit.proof.fails', 'fails')}
            />{' '}
            {says}
          </li>
        ))}
      </ul>
      <p className={styles.quiet}>
        <Trans i18nKey="audit.proof.key" values={{ verifierKey }}>
          Key: <code className={styles.wrap}>{'{{verifierKey}}'}</code>. Compare it with what{' '}
          <code>countersign key show</code> prints.
        </Trans>
      </p>
    </>
  );
}

function Verdict({ proof, check, log }: Omit<ProofProps, 'isBrief'> & { log: ComparedLog }) {
  const [since] = useState(() => Date.now());
  const isOverdue = useNow(1_000) - since > overdueMs;
  if (log.is === 'withheld') {
    return (
      <Alert severity="error" title={t('audit.proof.withheld', 'No proof is given of it')}>
        {t(
          'audit.proof.withheld-next',
          'This browser has seen a signed head of the log that covers this record. Keep this page and tell whoever runs the audit.',
        )}
      </Alert>
    );
  }
  if (proof.checkpoint === null && isOverdue) {
    return (
      <Alert severity="warning" title={t('audit.proof.overdue', 'It is still not covered by a checkpoint')}>
        {t(
          'audit.proof.overdue-next',
          'One is signed within a second of each record. Look whether the daemon signs any; until then nothing here is proven.',
        )}
      </Alert>
    );
  }
  if (proof.checkpoint === null) {
    return (
      <Alert severity="info" title={t('audit.proof.not-yet', 'Not covered by a checkpoint yet')}>
        {t('audit.proof.not-yet-next', 'The next one is signed within a second; this page looks again by itself.')}
      </Alert>
    );
  }
  if (!check.verified || log.is === 'another') {
    return (
      <Alert severity="error" title={t('audit.proof.broken', 'The proof does not hold')}>
        {t(
          'audit.proof.broken-next',
          'Something was changed after it was recorded, or on the way here. Keep this page and tell whoever runs the audit.',
        )}
      </Alert>
    );
  }
  if (log.is === 'another_key') {
    return (
      <Alert severity="warning" title={t('audit.log.another-key', 'The log is signed by another key than before')}>
        {t('audit.proof.another-key-next', 'Compare the key on the audit page, accept it there, and open this again.')}
      </Alert>
    );
  }
  if (log.is === 'failed') {
    return (
      <Alert
        severity="warning"
        title={t('audit.log.unchecked', 'The log could not be compared with what was seen before')}
      >
        {log.error.message}
      </Alert>
    );
  }
  if (log.is === 'comparing') {
    return <Alert severity="info" title={t('audit.proof.comparing', 'Comparing with what this browser has seen')} />;
  }
  return (
    <Alert severity="success" title={t('audit.proof.proven', 'Proven in this browser')}>
      {t('audit.proof.place', 'This record is number {{index}} of {{size}} in the log, exactly as shown.', {
        index: proof.record.log_index,
        size: check.treeSize,
      })}
    </Alert>
  );
}

function stepsOf(log: ComparedLog): ProofStep[] {
  if (log.is === 'same') {
    const seen = { size: log.size, at: new Date(log.seenAt).toLocaleString() };
    const says = t(
      'audit.step.same-log',
      'It is the log that this browser saw on {{at}}, with {{size}} records.',
      seen,
    );
    return [{ holds: true, says }];
  }
  if (log.is === 'another') {
    return [{ holds: false, says: t('audit.step.other-log', 'It is the log that this browser has seen before.') }];
  }
  return [];
}

const getStyles = (theme: GrafanaTheme2) => ({
  steps: css({ listStyle: 'none', padding: 0 }),
  good: css({ color: theme.colors.success.text }),
  bad: css({ color: theme.colors.error.text }),
  quiet: css({ color: theme.colors.text.secondary, marginTop: theme.spacing(1) }),
  wrap: css({ overflowWrap: 'anywhere', whiteSpace: 'normal' }),
});
