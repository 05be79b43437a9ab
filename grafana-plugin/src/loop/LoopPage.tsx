/** The map of each loop, drawn from its policy: a lane for data, the AI, the policy's rules, people, and those who bear it. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { LoopMap } from '@countersign/contract';
import { PluginPage } from '@grafana/runtime';
import { Badge, useStyles2 } from '@grafana/ui';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { useLoops } from '../api/loops';
import { t } from '../parts/i18n';
import { Empty, Failed, Skeleton } from '../parts/states';
import { breakerColor } from '../parts/words';
import { routes } from '../routes';

export default function LoopPage() {
  const loops = useLoops();
  return (
    <PluginPage
      pageNav={{
        text: t('loop.title', 'Loop'),
        subTitle: t('loop.subtitle', 'Who decides what, on which data, and who bears a mistake: as the policy says.'),
      }}
    >
      {loops.isPending ? (
        <Skeleton lines={10} height={48} />
      ) : loops.isError ? (
        <Failed
          what={t('loop.failed', 'The loops could not be read')}
          error={loops.error}
          retry={() => void loops.refetch()}
        />
      ) : loops.data.length === 0 ? (
        <Empty title={t('loop.none', 'There is no policy yet')}>
          {t('loop.none-help', 'Give the daemon a folder of policies, a file a workflow.')}
        </Empty>
      ) : (
        loops.data.map((loop) => <Loop key={loop.workflow_id} map={loop} />)
      )}
    </PluginPage>
  );
}

const tiers = ['low', 'medium', 'high'] as const;

function Loop({ map }: { map: LoopMap }) {
  const styles = useStyles2(getStyles);
  const { loop, automation, breakers, decided_within, escalation } = map;
  return (
    <section aria-label={map.title} data-testid="loop">
      <h2 className={styles.title}>{map.title}</h2>
      <p className={styles.quiet}>{t('loop.owner', '{{owner}} answers for it.', { owner: map.owner })}</p>
      <Lane name={t('loop.lane.data', 'Data')}>
        {loop.data_sources.map(({ name, fresh_within }) => (
          <Box key={name} title={name}>
            {fresh_within !== undefined && t('loop.fresh', 'not older than {{span}}', { span: fresh_within })}
          </Box>
        ))}
      </Lane>
      <Lane name={t('loop.lane.ai', 'AI')}>
        {loop.decision_points.map(({ name, asks, model }) => (
          <Box key={name} title={asks}>
            {model}{' '}
            {breakers
              .filter(({ model_name }) => model_name === model)
              .map(({ state, risk_tier }) => (
                <Link key={risk_tier ?? '*'} to={routes.response()}>
                  <Badge text={state.replace('_', ' ')} color={breakerColor[state]} />
                </Link>
              ))}
          </Box>
        ))}
      </Lane>
      <Lane name={t('loop.lane.policy', 'Policy')}>
        {tiers.map((tier) => {
          const { reversible, irreversible, confidence_at_least } = automation[tier];
          return (
            <Box key={tier} title={t('loop.tier', '{{tier}} risk', { tier })}>
              {t('loop.automation', 'can be undone: {{reversible}}; cannot: {{irreversible}}', {
                reversible,
                irreversible,
              })}
              <br />
              {t('loop.confidence', 'alone from {{percent}} % sure', {
                percent: Math.round(confidence_at_least * 100),
              })}
            </Box>
          );
        })}
      </Lane>
      <Lane name={t('loop.lane.people', 'People')}>
        <Box title={t('loop.queue', 'Review queue')}>
          <Link to={routes.review()}>
            {t('loop.waiting', '{{waiting}} waiting, {{claimed}} with a reviewer, {{overdue}} overdue', {
              waiting: map.waiting,
              claimed: map.claimed,
              overdue: map.overdue,
            })}
          </Link>
          <br />
          {Object.entries(decided_within)
            .map(([tier, span]) => t('loop.within', '{{tier}} risk within {{span}}', { tier, span }))
            .join(', ')}
        </Box>
        {loop.human_roles.map(({ name, does }) => (
          <Box key={name} title={name}>
            {does}
          </Box>
        ))}
        <Box title={t('loop.escalation', 'An incident')}>{escalation.join(' → ')}</Box>
      </Lane>
      <Lane name={t('loop.lane.harms', 'Who bears it')} isLast>
        {loop.harms.map(({ name, to, risk_tier }) => (
          <Box key={name} title={name}>
            {t('loop.harm', '{{to}}, {{tier}} risk', { to, tier: risk_tier })}
          </Box>
        ))}
      </Lane>
    </section>
  );
}

function Lane({ name, children, isLast = false }: { name: string; children: ReactNode; isLast?: boolean }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.lane}>
      <h3 className={styles.name}>{name}</h3>
      <div className={styles.boxes}>{children}</div>
      {!isLast && (
        <div className={styles.arrow} aria-hidden="true">
          ↓
        </div>
      )}
    </div>
  );
}

function Box({ title, children }: { title: string; children: ReactNode }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.box}>
      <strong>{title}</strong>
      <div className={styles.quiet}>{children}</div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  title: css({ fontSize: theme.typography.h3.fontSize, marginTop: theme.spacing(2) }),
  quiet: css({ color: theme.colors.text.secondary, a: { color: theme.colors.text.link } }),
  lane: css({
    position: 'relative',
    display: 'grid',
    gridTemplateColumns: '120px minmax(0, 1fr)',
    alignItems: 'center',
    padding: theme.spacing(2, 0),
    borderTop: `1px solid ${theme.colors.border.weak}`,
  }),
  name: css({ fontSize: theme.typography.h5.fontSize, margin: 0 }),
  boxes: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(2) }),
  box: css({
    flex: '1 1 200px',
    maxWidth: 380,
    padding: theme.spacing(1, 1.5),
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.default,
    background: theme.colors.background.secondary,
  }),
  arrow: css({
    position: 'absolute',
    left: '50%',
    bottom: -11,
    padding: theme.spacing(0, 0.5),
    background: theme.colors.background.canvas,
    color: theme.colors.text.secondary,
  }),
});
