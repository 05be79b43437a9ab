/** An alert: what is wrong, what the cause may be, what to do, and the lever to hear no more of it for a while. */
import type { Alert, ResponseOverview } from '@countersign/contract';
import { Badge, Button, Combobox, Field, TextLink, useStyles2 } from '@grafana/ui';
import { useState } from 'react';
import { useSilence } from '../api/response';
import { t } from '../parts/i18n';
import { ago, modelText, signalText, tierColor, tierText } from '../parts/words';
import { may } from '../routes';
import { ActModal } from './ActModal';
import { getCardStyles } from './card';
import { Evidence } from './Evidence';

interface AlertRowProps {
  readonly alert: Alert;
  readonly people: ResponseOverview['people'];
  readonly runbooks: string;
  readonly now: number;
}

export function AlertRow({ alert, people, runbooks, now }: AlertRowProps) {
  const styles = useStyles2(getCardStyles);
  const [isSilencing, setSilencing] = useState(false);
  const tier = alert.tier ?? alert.highest_tier;
  return (
    <div className={styles.card} data-testid="alert" data-tier={alert.tier ?? 'resolved'}>
      <div className={styles.row}>
        <Badge
          text={
            alert.tier === null
              ? t('response.alert.ended', 'Ended ({{tier}})', { tier: tierText(tier) })
              : tierText(tier)
          }
          color={alert.tier === null ? 'blue' : tierColor[tier]}
        />
        <strong>
          {signalText(alert.signal, alert.subject, people)}: {modelText(alert)}
        </strong>
        <span className={styles.quiet}>{ago(alert.updated_at, now)}</span>
        <span className={styles.grow} />
        {alert.tier !== null && (
          <TextLink href={`${runbooks}/${alert.signal}.md`} external inline={false} variant="bodySmall">
            {t('response.alert.runbook', 'Runbook')}
          </TextLink>
        )}
        {alert.tier !== null && may('operate') && (
          <Button size="sm" variant="secondary" fill="text" onClick={() => setSilencing(true)}>
            {t('response.silence.begin', 'Silence')}
          </Button>
        )}
      </div>
      <p>{alert.summary}</p>
      {alert.cause !== null && <p>{t('response.alert.cause', 'Likely cause: {{cause}}', { cause: alert.cause })}</p>}
      <Evidence evidence={alert.evidence} />
      {isSilencing && <SilenceModal alert={alert} onClose={() => setSilencing(false)} />}
    </div>
  );
}

const spans = () => [
  { label: t('response.silence.half-hour', '30 minutes'), value: 30 },
  { label: t('response.silence.two-hours', '2 hours'), value: 120 },
  { label: t('response.silence.eight-hours', '8 hours'), value: 480 },
  { label: t('response.silence.two-days', '2 days'), value: 2_880 },
  { label: t('response.silence.week', '7 days'), value: 10_080 },
];

function SilenceModal({ alert, onClose }: { alert: Alert; onClose: () => void }) {
  const [minutes, setMinutes] = useState(120);
  const silence = useSilence();
  const { workflow_id, signal, model_name } = alert;
  return (
    <ActModal
      about={`${workflow_id}.${signal}.${model_name}`}
      title={t('response.silence.title', 'Silence')}
      explains={t(
        'response.silence.explains',
        'Nobody is told of {{signal}} of {{workflow}} until then. It is watched all the same, breakers open as ever, and people are told when the silence ends and it still stands.',
        { signal: signalText(signal, null, {}), workflow: workflow_id },
      )}
      confirm={t('response.silence.confirm', 'Silence')}
      destructive={false}
      pending={silence.isPending}
      onConfirm={(justification, done) =>
        silence.mutate({ workflow_id, signal, model_name, minutes, justification }, done)
      }
      onClose={onClose}
    >
      <Field label={t('response.silence.span', 'For how long')}>
        <Combobox id="silence-span" options={spans()} value={minutes} onChange={({ value }) => setMinutes(value)} />
      </Field>
    </ActModal>
  );
}
