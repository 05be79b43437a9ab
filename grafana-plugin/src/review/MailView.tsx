/** An e-mail as text: who it is from, what it says, where its links really lead, and what is attached. Nothing of it is opened. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Badge, RadioButtonGroup, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { t } from '../parts/i18n';
import { InputText } from './InputText';
import type { Mail, MailLink } from './read-mail';

export function MailView({ mail: { headers, parts, links, moreLinks, attachments } }: { mail: Mail }) {
  const styles = useStyles2(getStyles);
  const [part, setPart] = useState(0);
  return (
    <>
      <dl className={styles.headers}>
        {headers.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {attachments.length > 0 && (
          <div data-testid="attachments">
            <dt>{t('review.input.attached', 'Attached')}</dt>
            <dd>
              {attachments
                .map(({ name, type, bytes }) =>
                  t('review.input.attachment', '{{name}} ({{type}}, {{size}})', { name, type, size: sizeText(bytes) }),
                )
                .join(', ')}
            </dd>
          </div>
        )}
      </dl>
      {parts.length > 1 && (
        <div className={styles.parts}>
          <RadioButtonGroup
            size="sm"
            aria-label={t('review.input.part', 'Which of its texts')}
            options={parts.map(({ name }, value) => ({ label: name, value }))}
            value={part}
            onChange={setPart}
          />
        </div>
      )}
      <InputText text={parts[part]?.text ?? ''} />
      {links.length > 0 && <Links links={links} more={moreLinks} />}
    </>
  );
}

function Links({ links, more }: { links: readonly MailLink[]; more: number }) {
  const styles = useStyles2(getStyles);
  return (
    <section className={styles.links} data-testid="links">
      <h4>{t('review.input.links', 'Where its links lead')}</h4>
      {/* Many of them scroll, and have to be reached by keyboard too. */}
      <div role="region" tabIndex={0} aria-label={t('review.input.links', 'Where its links lead')}>
        <ul>
          {links.map(({ text, target, misleads }, i) => (
            <li key={i}>
              {text === '' ? t('review.input.no-words', '(no words)') : text} → <code>{target}</code>{' '}
              {misleads && (
                <Badge
                  color="orange"
                  icon="exclamation-triangle"
                  text={t('review.input.misleads', 'leads elsewhere than it says')}
                />
              )}
            </li>
          ))}
        </ul>
      </div>
      {more > 0 && <p>{t('review.input.more-links', 'and {{more}} links more', { more })}</p>}
    </section>
  );
}

const sizeText = (bytes: number): string =>
  bytes < 1_024
    ? t('review.input.bytes', '{{bytes}} bytes', { bytes })
    : t('review.input.kilobytes', '{{kilobytes}} kB', { kilobytes: Math.round(bytes / 1_024) });

const getStyles = (theme: GrafanaTheme2) => ({
  headers: css({
    margin: theme.spacing(1, 0),
    '> div': { display: 'flex', gap: theme.spacing(1) },
    dt: { width: 72, color: theme.colors.text.secondary, fontWeight: 'normal' },
    dd: { margin: 0, overflowWrap: 'anywhere', flex: 1 },
  }),
  parts: css({ marginBottom: theme.spacing(1) }),
  links: css({
    marginTop: theme.spacing(1),
    h4: { fontSize: theme.typography.body.fontSize, color: theme.colors.text.secondary },
    '> div': { maxHeight: 160, overflow: 'auto' },
    ul: { paddingLeft: theme.spacing(2.5), margin: 0 },
    // Grafana's own keeps code on one line.
    li: { overflowWrap: 'anywhere', code: { whiteSpace: 'normal' } },
  }),
});
