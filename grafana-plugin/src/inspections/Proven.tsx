/** One decision of a sample, with the proof of its record: what is judged is what the log has. */
import type { AuditRecord } from '@countersign/contract';
import { useMemo } from 'react';
import { useProof } from '../api/audit';
import { Life } from '../audit/Life';
import { Proof } from '../audit/Proof';
import { checkProof } from '../audit/verify-proof';
import { t } from '../parts/i18n';
import { NotYet, Skeleton } from '../parts/states';

interface ProvenProps {
  readonly record: AuditRecord;
  /** Its place in the log, as it was drawn. */
  readonly logIndex: number;
  readonly onOpen: (eventId: string) => void;
}

export function Proven({ record, logIndex, onOpen }: ProvenProps) {
  const proof = useProof(record.event_id);
  const eventId = record.event_id;
  const check = useMemo(
    () => (proof.data === undefined ? null : checkProof(proof.data, { eventId, logIndex })),
    [proof.data, eventId, logIndex],
  );
  if (proof.data === undefined || check === null) {
    return (
      <NotYet query={proof} what={t('audit.record.failed', 'The record could not be read')}>
        <Skeleton lines={8} />
      </NotYet>
    );
  }
  return (
    <>
      <Proof proof={proof.data} check={check} isBrief />
      <Life record={{ ...record, ...check.said }} onOpen={onOpen} />
    </>
  );
}
