/** What every monitor says now, by workflow and model: what stands first, what cannot be told yet last. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { alertTiers, type ResponseOverview, type Signal } from '@countersign/contract';
import { Badge, useStyles2 } from '@grafana/ui';
import { t } from '../parts/i18n';
import { Empty } from '../parts/states';
import { modelText, signalText, tierColor, tierText } from '../parts/words';

export function Signals({ signals, people }: Pick<ResponseOverview, 'signals' | 'people'>) {
  const styles = useStyles2(getStyles);
  if (signals.length === 0)
    return (
      <Empty title={t('response.signal.empty', 'Nothing is measured yet')}>
        {t('response.signal.empty-next', 'Signals appear with the first recorded decisions.')}
      </Empty>
    );
  const groups = Map.groupBy(signals, (signal) => `${signal.workflow_id} · ${modelText(signal)}`);
  return [...groups].map(([title, group]) => (
    <table key={title} className={styles.table}>
      <caption className={styles.caption}>{title}</caption>
      <thead>
        <tr>
          <th scope="col">{t('response.signal.name', 'Signal')}</th>
          <th scope="col">{t('response.signal.state', 'State')}</th>
          <th scope="col">{t('response.signal.says', 'Says')}</th>
        </tr>
      </thead>
      <tbody>
        {group
          .toSorted((a, b) => urgency(b) - urgency(a))
          .map((signal) => (
            <tr key={signalText(signal.monitor, signal.subject, {})}>
              <td>{signalText(signal.monitor, signal.subject, people)}</td>
              <td>
                <State signal={signal} />
              </td>
              <td>{signal.summary}</td>
            </tr>
          ))}
      </tbody>
    </table>
  ));
}

function State({ signal: { tier, conclusive } }: { signal: Signal }) {
  if (tier !== null) return <Badge text={tierText(tier)} color={tierColor[tier]} />;
  return conclusive ? (
    <Badge text={t('response.signal.healthy', 'Healthy')} color="green" />
  ) : (
    t('response.signal.inconclusive', 'Inconclusive')
  );
}

const urgency = ({ tier, conclusive }: Signal) =>
  tier === null ? Number(conclusive) - 1 : alertTiers.indexOf(tier) + 1;

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({
    width: '100%',
    marginBottom: theme.spacing(2),
    'th, td': { padding: theme.spacing(0.5, 1), textAlign: 'left', verticalAlign: 'top' },
    'th:first-of-type, td:first-of-type': { width: '22%' },
    th: { color: theme.colors.text.secondary, fontWeight: 'normal' },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
  }),
  caption: css({ captionSide: 'top', textAlign: 'left', color: theme.colors.text.primary, fontWeight: 500 }),
});
