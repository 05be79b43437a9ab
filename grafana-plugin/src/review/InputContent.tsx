/** An original input, checked against its recorded hash before it is shown. Shown as text only, never as a page. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { InputSnapshot } from '@countersign/contract';
import { hex } from '@countersign/contract/note';
import { Alert, Badge, useStyles2 } from '@grafana/ui';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import PostalMime from 'postal-mime';
import { t } from '../parts/i18n';
import { Skeleton } from '../parts/states';

interface InputContentProps {
  readonly content: UseQueryResult<Uint8Array>;
  readonly snapshot: InputSnapshot;
}

export default function InputContent({ content, snapshot }: InputContentProps) {
  const styles = useStyles2(getStyles);
  const shown = useQuery({
    queryKey: ['shown', snapshot.hash],
    queryFn: () => readInput(content.data ?? new Uint8Array(), snapshot),
    enabled: content.data !== undefined,
    staleTime: Infinity,
  });
  if (content.isError) {
    return (
      <Alert severity="info" title={t('review.input.failed', 'The input cannot be shown')}>
        {content.error.message}{' '}
        {t('review.input.recorded', 'It is recorded as {{hash}}, kept at {{uri}}.', {
          hash: snapshot.hash,
          uri: snapshot.uri,
        })}
      </Alert>
    );
  }
  if (shown.data === undefined) return <Skeleton lines={8} />;
  const { intact, headers, text } = shown.data;
  return (
    <section aria-label={t('review.input.name', 'Input')} data-testid="input">
      {intact ? (
        <Badge text={t('review.input.intact', 'Matches its recorded hash')} color="green" icon="check" />
      ) : (
        <Alert severity="error" title={t('review.input.changed', 'This is not what the AI saw')}>
          {t(
            'review.input.changed-next',
            'The bytes do not match the recorded hash {{hash}}. Do not decide on them; tell an auditor.',
            { hash: snapshot.hash },
          )}
        </Alert>
      )}
      {headers.length > 0 && (
        <dl className={styles.headers}>
          {headers.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <pre className={styles.text} role="region" aria-label={t('review.input.text', 'Text of the input')} tabIndex={0}>
        {text.trim() === '' ? t('review.input.no-text', '(no text)') : text}
      </pre>
    </section>
  );
}

interface Shown {
  readonly intact: boolean;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly text: string;
}

async function readInput(sent: Uint8Array, { hash, media_type, salt_bytes }: InputSnapshot): Promise<Shown> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(sent)));
  const bytes = sent.slice(salt_bytes ?? 0);
  const intact = `sha256:${hex(digest)}` === hash;
  if (media_type !== 'message/rfc822') return { intact, headers: [], text: new TextDecoder().decode(bytes) };
  const mail = await PostalMime.parse(bytes);
  const from = mail.from === undefined ? '' : `${mail.from.name ?? ''} <${mail.from.address ?? ''}>`.trim();
  return {
    intact,
    headers: [
      [t('review.input.subject', 'Subject'), mail.subject ?? t('review.input.no-subject', '(no subject)')],
      [t('review.input.from', 'From'), from],
      [t('review.input.date', 'Date'), mail.date ?? ''],
    ],
    text: mail.text ?? textOf(mail.html ?? ''),
  };
}

/** A document that is parsed and never attached runs no script and loads nothing. */
function textOf(html: string): string {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  for (const hidden of body.querySelectorAll('script, style')) hidden.remove();
  for (const block of body.querySelectorAll('p, div, br, tr, li, h1, h2, h3')) block.append('\n');
  return (body.textContent ?? '').replace(/[ \t]+/g, ' ').replace(/ ?\n[\s]*\n/g, '\n\n');
}

const getStyles = (theme: GrafanaTheme2) => ({
  headers: css({
    margin: theme.spacing(1, 0),
    '> div': { display: 'flex', gap: theme.spacing(1) },
    dt: { width: 64, color: theme.colors.text.secondary, fontWeight: 'normal' },
    dd: { margin: 0, overflowWrap: 'anywhere', flex: 1 },
  }),
  text: css({
    maxHeight: 380,
    overflow: 'auto',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    fontFamily: theme.typography.fontFamily,
    fontSize: theme.typography.body.fontSize,
    background: theme.colors.background.secondary,
    border: 'none',
    padding: theme.spacing(1.5),
    margin: 0,
  }),
});
