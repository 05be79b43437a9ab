/** The end of a periodic audit: what it has found, signed when every decision was looked at. */
import type { OpenInspection } from '@countersign/contract';
import { Alert, Button, Field, TextArea } from '@grafana/ui';
import { useSignOff } from '../api/audit';
import { t } from '../parts/i18n';
import { useKeptText } from '../parts/use-kept-text';

interface SignOffProps {
  readonly inspectionId: string;
  readonly signedOff: OpenInspection['inspection']['signed_off'];
  readonly left: number;
}

export function SignOff({ inspectionId, signedOff, left }: SignOffProps) {
  const [statement, setStatement] = useKeptText(`inspection.${inspectionId}`);
  const sign = useSignOff(inspectionId);
  if (signedOff !== null) {
    const title = t('inspection.signed-off', 'Signed off by {{name}}, {{at}}', {
      name: signedOff.by.name,
      at: new Date(signedOff.at).toLocaleString(),
    });
    return (
      <Alert severity="success" title={title}>
        {signedOff.statement}
      </Alert>
    );
  }
  if (left > 0) {
    return <p>{t('inspection.left', '{{left}} are still to be looked at before it can be signed off.', { left })}</p>;
  }
  return (
    <section aria-label={t('inspection.sign-off', 'Sign off')}>
      <Field label={t('inspection.statement', 'What the audit has found')}>
        <TextArea
          id="inspection-statement"
          rows={3}
          value={statement}
          onChange={(event) => setStatement(event.currentTarget.value)}
        />
      </Field>
      <Button
        disabled={statement.trim() === ''}
        aria-busy={sign.isPending}
        onClick={() => sign.isPending || sign.mutate(statement)}
      >
        {t('inspection.sign-off', 'Sign off')}
      </Button>
    </section>
  );
}
