/** An original input, checked against its recorded hash before it is shown. Shown as text only, never as a page. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { InputSnapshot } from '@countersign/contract';
import { Alert, Badge, useStyles2 } from '@grafana/ui';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { t } from '../parts/i18n';
import { Skeleton } from '../parts/states';
import { InputText } from './InputText';
import { MailView } from './MailView';
import { readInput, type Shown } from './read-input';

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
      <Alert severity="info" className={styles.failed} title={t('review.input.failed', 'The input cannot be shown')}>
        {content.error.message}{' '}
        {t('review.input.recorded', 'It is recorded as {{hash}}, kept at {{uri}}.', {
          hash: snapshot.hash,
          uri: snapshot.uri,
        })}
      </Alert>
    );
  }
  if (shown.data === undefined) return <Skeleton lines={8} />;
  const { intact } = shown.data;
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
      {snapshot.redacted === true && (
        <Badge
          className={styles.redacted}
          text={t('review.input.redacted', 'Redacted: the AI saw what [brackets] stand for')}
          color="blue"
          icon="eye-slash"
        />
      )}
      <Body shown={shown.data.shown} />
    </section>
  );
}

function Body({ shown }: { shown: Shown }) {
  const styles = useStyles2(getStyles);
  switch (shown.is) {
    case 'image':
      return <img className={styles.image} src={shown.url} alt={t('review.input.image', 'The image that came in')} />;
    case 'table':
      return <Table table={shown} />;
    case 'mail':
      return <MailView mail={shown} />;
    case 'text':
      return <InputText text={shown.text} />;
  }
}

function Table({ table: { columns, rows, more } }: { table: Extract<Shown, { is: 'table' }> }) {
  const styles = useStyles2(getStyles);
  return (
    <div
      className={styles.scroller}
      role="region"
      aria-label={t('review.input.table', 'Table of the input')}
      tabIndex={0}
    >
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map((name, i) => (
              <th key={i} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && <p>{t('review.input.more-rows', 'and {{more}} rows more', { more })}</p>}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  failed: css({ overflowWrap: 'anywhere' }),
  redacted: css({ marginLeft: theme.spacing(1) }),
  image: css({ display: 'block', maxWidth: '100%', maxHeight: 480, marginTop: theme.spacing(1) }),
  scroller: css({ maxHeight: 420, overflow: 'auto', marginTop: theme.spacing(1) }),
  table: css({
    'th, td': { padding: theme.spacing(0.25, 1), textAlign: 'left', verticalAlign: 'top' },
    th: { position: 'sticky', top: 0, background: theme.colors.background.secondary },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
  }),
});
