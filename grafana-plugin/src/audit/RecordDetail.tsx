/** One record: all its fields, its entry as it was recorded, and the proof that it is in the log. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { AuditProof, InputSnapshot } from '@countersign/contract';
import { eventTypes } from '@countersign/contract/event-types';
import { fromBase64 } from '@countersign/contract/note';
import { Button, Drawer, useStyles2 } from '@grafana/ui';
import { useMemo, useRef, useState } from 'react';
import { useAuditedInput, useProof } from '../api/audit';
import InputContent from '../review/InputContent';
import { t } from '../parts/i18n';
import { NotYet, Skeleton } from '../parts/states';
import { Life } from './Life';
import { Proof } from './Proof';
import { checkProof, type ProofCheck } from './verify-proof';

interface RecordDetailProps {
  readonly eventId: string;
  readonly onClose: () => void;
  /** Another record of the same task. */
  readonly onOpen: (eventId: string) => void;
}

export function RecordDetail({ eventId, onClose, onOpen }: RecordDetailProps) {
  const proof = useProof(eventId);
  return (
    <Drawer title={t('audit.record.title', 'Record')} subtitle={eventId} onClose={onClose} size="md">
      {proof.isPending || proof.isLoadingError ? (
        <NotYet query={proof} what={t('audit.record.failed', 'The record could not be read')}>
          <Skeleton lines={12} />
        </NotYet>
      ) : (
        <Detail eventId={eventId} proof={proof.data} onOpen={onOpen} />
      )}
    </Drawer>
  );
}

function Detail({ eventId, proof, onOpen }: Omit<RecordDetailProps, 'onClose'> & { proof: AuditProof }) {
  const styles = useStyles2(getStyles);
  const check = useMemo(() => checkProof(proof, { eventId }), [proof, eventId]);
  const entry = useMemo(() => prettyEntry(proof.body ?? proof.entry), [proof.body, proof.entry]);
  const record = shownOf(proof, check);
  return (
    <>
      <Proof proof={proof} check={check} />
      <h3>{t('audit.record.life', 'Life of the task')}</h3>
      <Life record={record} onOpen={onOpen} />
      <h3>{t('audit.record.fields', 'Fields')}</h3>
      <dl className={styles.fields}>
        {Object.entries({ type: proof.type, ...record }).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {typeof value === 'string' || typeof value === 'number'
                ? value
                : value === null
                  ? '–'
                  : JSON.stringify(value)}
              {isJoined(name, proof) && (
                <span className={styles.quiet}>
                  {' '}
                  {t('audit.record.joined', '(of the AI decision that it is about, and no part of this record)')}
                </span>
              )}
            </dd>
          </div>
        ))}
      </dl>
      {record.input_snapshot !== null && <AuditedInput snapshot={record.input_snapshot} />}
      <h3>{t('audit.record.entry', 'Entry, as recorded')}</h3>
      <pre>{entry}</pre>
      <h3>{t('audit.record.checkpoint', 'Checkpoint')}</h3>
      <pre>{proof.checkpoint ?? t('audit.record.no-checkpoint', 'none yet')}</pre>
    </>
  );
}

/** Fetched when somebody asks: an input may be large, and is nobody's business without need. */
function AuditedInput({ snapshot }: { snapshot: InputSnapshot }) {
  const section = useRef<HTMLElement>(null);
  const [asked, setAsked] = useState(false);
  const input = useAuditedInput(snapshot.hash, asked);
  const ask = () => {
    // The button goes; without a new place for the focus, the keyboard would be out of the drawer.
    section.current?.focus();
    setAsked(true);
  };
  return (
    <section aria-label={t('review.input.name', 'Input')} ref={section} tabIndex={-1}>
      <h3>{t('review.input.name', 'Input')}</h3>
      {!asked ? (
        <Button variant="secondary" size="sm" onClick={ask}>
          {t('audit.record.fetch', 'Fetch it and check its hash')}
        </Button>
      ) : (
        <InputContent content={input} snapshot={snapshot} />
      )}
    </section>
  );
}

/** What the proven bytes say counts, whatever the daemon reads off them, and whatever else it says. */
function shownOf({ record }: AuditProof, { said }: ProofCheck): AuditProof['record'] {
  const { model_version, model_hash, audit_signature, log_index, leaf_hash } = record;
  return { ...(said ?? record), model_version, model_hash, audit_signature, log_index, leaf_hash };
}

/** What a record shows that its own bytes do not say. */
const isJoined = (field: string, { record, type }: AuditProof): boolean =>
  (field === 'model_version' || field === 'model_hash') &&
  record[field] !== null &&
  type !== eventTypes.aiDecision &&
  type !== eventTypes.model;

function prettyEntry(base64: string): string {
  const text = new TextDecoder().decode(fromBase64(base64) ?? new Uint8Array());
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const getStyles = (theme: GrafanaTheme2) => ({
  quiet: css({ color: theme.colors.text.secondary }),
  fields: css({
    '> div': { display: 'flex', gap: theme.spacing(2), padding: theme.spacing(0.25, 0) },
    dt: { width: 150, flexShrink: 0, fontWeight: 'normal', color: theme.colors.text.secondary },
    dd: { margin: 0, overflowWrap: 'anywhere' },
  }),
});
