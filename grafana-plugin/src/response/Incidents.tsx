/** Incidents: how far each has climbed, who was told, and what is to be done about it. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { Incident, NotificationView, ResponseOverview } from '@countersign/contract';
import { Badge, Button, Icon, useStyles2, type BadgeColor, type IconName } from '@grafana/ui';
import { useEffect, useRef, useState } from 'react';
import { useAcknowledge, useClose } from '../api/response';
import { t } from '../parts/i18n';
import { ago, nameOf, span, words } from '../parts/words';
import { may } from '../routes';
import { ActModal } from './ActModal';
import { getCardStyles } from './card';
import { forgetPostmortem, PostmortemModal } from './PostmortemModal';

const stateText = words<Incident['state']>({
  open: () => t('response.incident.open', 'Open'),
  acknowledged: () => t('response.incident.acknowledged', 'Acknowledged'),
  resolved: () => t('response.incident.resolved', 'Resolved, not closed'),
  closed: () => t('response.incident.closed', 'Closed'),
});
const stateColor: Record<Incident['state'], BadgeColor> = {
  open: 'red',
  acknowledged: 'orange',
  resolved: 'purple',
  closed: 'green',
};

interface IncidentsProps {
  readonly incidents: readonly Incident[];
  readonly people: ResponseOverview['people'];
  readonly now: number;
  /** The one that a message led here for. */
  readonly wanted: string | null;
}

export function Incidents({ incidents, people, now, wanted }: IncidentsProps) {
  return incidents.map((incident) => (
    <IncidentCard
      key={incident.incident_id}
      {...{ incident, people, now }}
      isWanted={incident.incident_id === wanted}
    />
  ));
}

function IncidentCard({
  incident,
  people,
  now,
  isWanted,
}: Omit<IncidentsProps, 'incidents' | 'wanted'> & { readonly incident: Incident; readonly isWanted: boolean }) {
  const styles = useStyles2(getStyles);
  const [act, setAct] = useState<'acknowledge' | 'close' | null>(null);
  const acknowledge = useAcknowledge();
  const close = useClose();
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isWanted) card.current?.scrollIntoView({ block: 'center' });
  }, [isWanted]);
  const { incident_id, state, title, drill, opened_at, acknowledged_by } = incident;
  return (
    <div ref={card} className={cx(styles.card, isWanted && styles.wanted)} data-testid="incident" data-state={state}>
      <div className={styles.row}>
        <Badge text={stateText(state)} color={stateColor[state]} />
        {drill && <Badge text={t('response.incident.drill', 'Drill: nothing is wrong')} color="blue" />}
        <strong>{title}</strong>
        <span className={styles.quiet}>{ago(opened_at, now)}</span>
        <span className={styles.grow} />
        {may('operate') && state === 'open' && (
          <Button size="sm" onClick={() => setAct('acknowledge')}>
            {t('response.acknowledge.confirm', 'Acknowledge')}
          </Button>
        )}
        {may('operate') && (state === 'resolved' || state === 'acknowledged') && (
          <Button size="sm" variant={state === 'resolved' ? 'primary' : 'secondary'} onClick={() => setAct('close')}>
            {t('response.incident.write', 'Write the postmortem')}
          </Button>
        )}
      </div>
      <Climb incident={incident} now={now} />
      {acknowledged_by !== null && (
        <p className={styles.quiet}>
          {t('response.incident.has-it', '{{name}} has it.', { name: nameOf(acknowledged_by, people) })}
        </p>
      )}
      {incident.postmortem !== null && (
        <p>
          <strong>{t('response.postmortem.cause', 'Root cause')}</strong> ({incident.postmortem.model_version}):{' '}
          {incident.postmortem.root_cause} <strong>{t('response.postmortem.remediation', 'Remediation')}</strong>:{' '}
          {incident.postmortem.remediation} <strong>{t('response.postmortem.test-short', 'Test')}</strong>:{' '}
          {incident.postmortem.test_added}
        </p>
      )}
      {act === 'acknowledge' && (
        <ActModal
          about={incident_id}
          title={t('response.acknowledge.title', 'Acknowledge the incident')}
          explains={t(
            'response.acknowledge.explains',
            'You have it: it climbs no further, and everybody who was told hears that it is yours.',
          )}
          confirm={t('response.acknowledge.confirm', 'Acknowledge')}
          destructive={false}
          pending={acknowledge.isPending}
          onConfirm={(justification, closes) => acknowledge.mutate({ incident_id, justification }, closes)}
          onClose={() => setAct(null)}
        />
      )}
      {act === 'close' && (
        <PostmortemModal
          incident={incident}
          pending={close.isPending}
          onConfirm={(postmortem) =>
            close.mutate(
              { incident_id, postmortem },
              {
                onSuccess: () => {
                  forgetPostmortem(incident_id);
                  setAct(null);
                },
              },
            )
          }
          onClose={() => setAct(null)}
        />
      )}
    </div>
  );
}

/** The tiers as a staircase: which were climbed, who was told on each, and when the next is due. */
function Climb({ incident, now }: { incident: Incident; now: number }) {
  const styles = useStyles2(getStyles);
  const { chain, level, climbs_at, notifications, state } = incident;
  return (
    <ol className={styles.climb} aria-label={t('response.incident.tiers', 'Tiers')}>
      {chain.map(({ name, do: does }, i) => {
        const reached = i < level;
        const told = notifications.filter((n) => n.level === i + 1 && n.kind === 'trigger');
        return (
          <li
            key={name}
            className={cx(styles.tier, reached && styles.reached)}
            data-testid="tier"
            data-reached={reached}
            aria-current={state === 'open' && i + 1 === level ? 'step' : undefined}
          >
            <strong>
              {i + 1}. {name}
            </strong>
            {(does ?? []).map((action) => (
              <span key={action} className={styles.quiet}>
                {action === 'pause'
                  ? t('response.incident.pauses', 'pauses the AI')
                  : t('response.incident.freezes', 'freezes the rollout')}
              </span>
            ))}
            {told.map((notification) => (
              <Told key={`${notification.channel} ${notification.at}`} notification={notification} />
            ))}
            {i === level && climbs_at !== null && state === 'open' && (
              <span className={styles.quiet}>{climbText(Date.parse(climbs_at) - now)}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}

const toldText = words<NotificationView['state'], { channel: string }>({
  waiting: (values) => t('response.told.waiting', '{{channel}} not reached yet', values),
  sent: (values) => t('response.told.sent', '{{channel}} told', values),
  undeliverable: (values) => t('response.told.undeliverable', '{{channel}} cannot be reached', values),
  not_sent: (values) => t('response.told.not_sent', '{{channel}} not needed', values),
});
const toldIcon: Record<NotificationView['state'], IconName> = {
  waiting: 'clock-nine',
  sent: 'check',
  undeliverable: 'times',
  not_sent: 'minus',
};

function Told({ notification: { channel, state, problem, attempts } }: { notification: NotificationView }) {
  const told = toldText(state, { channel });
  return (
    <span>
      <Icon name={toldIcon[state]} size="sm" />{' '}
      {problem === null
        ? told
        : attempts > 1
          ? t('response.told.attempts', '', {
              told,
              problem,
              count: attempts,
              defaultValue_one: '{{told}}: {{problem}} ({{count}} attempt)',
              defaultValue_other: '{{told}}: {{problem}} ({{count}} attempts)',
            })
          : t('response.told.problem', '{{told}}: {{problem}}', { told, problem })}
    </span>
  );
}

const climbText = (left: number): string =>
  left > 0
    ? t('response.incident.climbs-in', 'in {{span}}, unless somebody acknowledges it', { span: countdown(left) })
    : t('response.incident.climbs-now', 'now, unless somebody acknowledges it');

/** Seconds while there are few, so that one sees it move. */
const countdown = (ms: number) =>
  ms < 120_000 ? t('response.incident.seconds', '{{seconds}} s', { seconds: Math.ceil(ms / 1_000) }) : span(ms);

const getStyles = (theme: GrafanaTheme2) => ({
  ...getCardStyles(theme),
  wanted: css({ borderColor: theme.colors.primary.border }),
  climb: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(180px, 1fr))',
    gap: theme.spacing(1),
    listStyle: 'none',
    margin: theme.spacing(1, 0, 0),
    padding: 0,
  }),
  tier: css({
    display: 'flex',
    flexDirection: 'column',
    padding: theme.spacing(0.5, 1),
    borderTop: `3px solid ${theme.colors.border.medium}`,
    color: theme.colors.text.secondary,
  }),
  reached: css({ borderTopColor: theme.colors.error.border, color: theme.colors.text.primary }),
});
