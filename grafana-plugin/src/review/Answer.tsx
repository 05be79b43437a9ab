/** What the AI says, how sure it is, and what would have made it say something else. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { AiAnswer, Counterfactual, Features, ReviewCase } from '@countersign/contract';
import { useStyles2 } from '@grafana/ui';
import { t, Trans } from '../parts/i18n';
import { percent } from '../parts/words';
import { textOf } from './edited-answer';
import { Precision } from './Precision';

export function Answer({ answer, opened }: { answer: AiAnswer; opened: ReviewCase }) {
  const styles = useStyles2(getStyles);
  const { output, confidence, justification } = answer;
  const { committed, precision } = opened;
  const label = output.label ?? t('review.answer.no-label', 'no label');
  return (
    <>
      <p className={styles.answer}>
        <Trans i18nKey="review.answer.sure" values={{ label, percent: percent(confidence) }}>
          <strong>{'{{label}}'}</strong>, {'{{percent}}'} sure
        </Trans>
      </p>
      <Precision confidence={confidence} precision={precision} />
      {output.value !== undefined && (
        <pre
          className={styles.value}
          role="region"
          aria-label={t('review.answer.full', 'The AI’s answer in full')}
          tabIndex={0}
        >
          {textOf(output.value)}
        </pre>
      )}
      {committed !== null && (
        <p data-testid="committed">
          {committed.label === output.label ? (
            <Trans i18nKey="review.answer.agreed" values={{ label: committed.label }}>
              You said <strong>{'{{label}}'}</strong> before you saw this, and so does the AI.
            </Trans>
          ) : (
            <Trans i18nKey="review.answer.disagreed" values={{ label: committed.label }}>
              You said <strong>{'{{label}}'}</strong> before you saw this.
            </Trans>
          )}
        </p>
      )}
      <p className={styles.quiet}>{justification}</p>
    </>
  );
}

/** Undefined when the service has not said; empty when it has looked, and found none. */
export function Counterfactuals({ items }: { items: readonly Counterfactual[] | undefined }) {
  const styles = useStyles2(getStyles);
  if (items === undefined) {
    return (
      <p className={styles.quiet}>
        {t('review.counterfactual.unsaid', 'The service did not say what would have given another answer.')}
      </p>
    );
  }
  if (items.length === 0) {
    return (
      <p className={styles.quiet}>
        {t('review.counterfactual.none', 'No small change of the input would have flipped this answer.')}
      </p>
    );
  }
  return items.map(({ change, output }) => {
    const { label } = output;
    const features = Object.keys(change).join(', ');
    const values = Object.entries(change).map(([feature, value]) => `${feature} = ${String(value)}`);
    const changed = values.join(', ');
    return (
      <p key={changed} data-testid="counterfactual">
        {Object.values(change).every(isNothing) ? (
          <Trans i18nKey="review.counterfactual.without" values={{ features, label }}>
            Without <code>{'{{features}}'}</code> it would have said <strong>{'{{label}}'}</strong>.
          </Trans>
        ) : (
          <Trans i18nKey="review.counterfactual.with" values={{ changed, label }}>
            With <code>{'{{changed}}'}</code> it would have said <strong>{'{{label}}'}</strong>.
          </Trans>
        )}
      </p>
    );
  });
}

const isNothing = (value: Features[string]) => value === 0 || value === false || value === null || value === '';

const getStyles = (theme: GrafanaTheme2) => ({
  answer: css({ margin: 0, fontSize: theme.typography.h4.fontSize }),
  value: css({
    maxHeight: 240,
    overflow: 'auto',
    whiteSpace: 'pre-wrap',
    wordBreak: 'normal',
    overflowWrap: 'anywhere',
    fontSize: theme.typography.bodySmall.fontSize,
  }),
  quiet: css({ color: theme.colors.text.secondary }),
});
