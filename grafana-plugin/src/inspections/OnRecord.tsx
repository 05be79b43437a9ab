/** Whether a periodic audit is on record as it is shown, proven in this browser. */
import type { AuditProof, OpenInspection } from '@countersign/contract';
import { Alert, Icon, useTheme2 } from '@grafana/ui';
import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client';
import { holdAgainstSeen } from '../audit/same-log';
import { checkProof } from '../audit/verify-proof';
import { t } from '../parts/i18n';
import { words } from '../parts/words';
import { differences, type Difference, type ProvenStep } from './check-inspection';

export function OnRecord({ opened }: { opened: OpenInspection }) {
  const theme = useTheme2();
  const { announced, drawn, signed_off: signedOff } = opened.inspection.on_record;
  const proven = useQuery({
    queryKey: ['inspection-on-record', announced, drawn, signedOff],
    queryFn: async () => {
      const [first, second, third] = await Promise.all([announced, drawn, signedOff].map(prove));
      return { announced: first ?? null, drawn: second ?? null, signedOff: third ?? null };
    },
    staleTime: Infinity,
    // A checkpoint covers them within a second or two.
    retry: 5,
    retryDelay: 1_000,
  });
  if (drawn === null) {
    return (
      <Alert
        severity="warning"
        title={t('inspection.none-on-record', 'It cannot be held against what is on record of it')}
      >
        {t(
          'inspection.none-on-record-next',
          'Which records those are is not known. Look for them in the audit explorer, by the type countersign.inspection.v1, and compare them with what is shown here.',
        )}
      </Alert>
    );
  }
  if (proven.isError) {
    return (
      <Alert severity="warning" title={t('inspection.unproven', 'What is on record of it could not be proven')}>
        {proven.error.message}
      </Alert>
    );
  }
  if (proven.data === undefined) return <p>{t('inspection.proving', 'Comparing it with what is on record …')}</p>;
  const wrong = differences(opened, proven.data);
  if (wrong.length > 0) {
    return (
      <Alert severity="error" title={t('inspection.not-as-recorded', 'What is shown here is not what is on record')}>
        {t(
          'inspection.not-as-recorded-next',
          'Different are: {{which}}. Keep this page and tell whoever runs the daemon.',
          { which: wrong.map((one) => named(one)).join(', ') },
        )}
      </Alert>
    );
  }
  return (
    <p data-testid="on-record">
      <Icon name="check-circle" style={{ color: theme.colors.success.text }} />{' '}
      {proven.data.signedOff === null
        ? t('inspection.as-recorded', 'On record as it is shown, proven in this browser: drawn in record {{drawn}}.', {
            drawn: proven.data.drawn?.index,
          })
        : t(
            'inspection.as-signed',
            'On record as it is shown, proven in this browser: drawn in record {{drawn}}, signed off in record {{signed}}.',
            { drawn: proven.data.drawn?.index, signed: proven.data.signedOff.index },
          )}
    </p>
  );
}

const named = words<Difference>({
  announcement: () => t('inspection.difference.announcement', 'the announcement'),
  what: () => t('inspection.difference.what', 'what it is about'),
  who: () => t('inspection.difference.who', 'who drew it, or when'),
  seed: () => t('inspection.difference.seed', 'the seed'),
  sample: () => t('inspection.difference.sample', 'the sample'),
  findings: () => t('inspection.difference.findings', 'the findings'),
  'sign-off': () => t('inspection.difference.sign-off', 'the sign-off'),
});

async function prove(eventId: string | null): Promise<ProvenStep | null> {
  if (eventId === null) return null;
  const proof = await get<AuditProof>(`v1/audit/records/${eventId}`);
  const { verified, event } = checkProof(proof, { eventId });
  if (proof.checkpoint === null) throw new Error(t('inspection.not-covered', 'No checkpoint covers it yet.'));
  const log = await holdAgainstSeen({ note: proof.checkpoint, verifierKey: proof.verifier_key });
  if (!verified || event === null || (log.is !== 'first' && log.is !== 'same')) {
    throw new Error(
      t('inspection.proof-broken', 'The proof of record {{index}} does not hold.', { index: proof.record.log_index }),
    );
  }
  return { event, index: proof.record.log_index };
}
