/** The levers over authority, each with what it does and a reason that goes on record. */
import { RiskTier, type Autonomy } from '@countersign/contract';
import { Field, Input, RadioButtonGroup } from '@grafana/ui';
import { useState } from 'react';
import { useAskRollback, usePromote, useRetry, useRollback, useThaw, useTrip } from '../api/response';
import { t } from '../parts/i18n';
import { autonomyShort, riskText } from '../parts/words';
import { ActModal } from './ActModal';

interface OnModel {
  readonly workflow: string;
  readonly model: string;
}
type Promotion = OnModel & {
  readonly is: 'promote';
  readonly version: string;
  readonly to: Autonomy;
  /** Those that have not signed. */
  readonly roles: readonly string[];
};
type Undoing = OnModel & { readonly is: 'undo'; readonly version: string };

export type Act =
  /** The newest epoch of its breakers, as they are seen. */
  | (OnModel & { readonly is: 'trip'; readonly epoch: number })
  /** Of a breaker as it was seen. */
  | (OnModel & { readonly is: 'retry'; readonly riskTier: RiskTier | null; readonly epoch: number })
  | (OnModel & { readonly is: 'rollback'; readonly version: string })
  /** Why it is frozen, as it was seen. */
  | (OnModel & { readonly is: 'thaw'; readonly frozen: string })
  | Promotion
  | Undoing;

interface ActProps<A extends Act> {
  readonly act: A;
  readonly onClose: () => void;
}

export function ActOnAuthority({ act, onClose }: ActProps<Act>) {
  const retry = useRetry();
  const rollback = useRollback();
  const thaw = useThaw();
  const scope = { workflow_id: act.workflow, model_name: act.model };
  const about = `${act.workflow}.${act.model}`;
  switch (act.is) {
    case 'trip':
      return <Trip act={act} onClose={onClose} />;
    case 'retry': {
      const tier = act.riskTier === null ? {} : { risk_tier: act.riskTier };
      return (
        <ActModal
          about={about}
          title={t('response.retry.title', 'Try canaries')}
          explains={t(
            'response.retry.explains',
            'The AI takes a small share of cases again, and a person checks each of them.',
          )}
          confirm={t('response.retry.confirm', 'Try canaries')}
          destructive={false}
          pending={retry.isPending}
          onConfirm={(justification, done) =>
            retry.mutate({ ...scope, ...tier, epoch: act.epoch, justification }, done)
          }
          onClose={onClose}
        />
      );
    }
    case 'rollback':
      return (
        <ActModal
          about={about}
          title={t('response.rollback.title', 'Roll back {{model}} {{version}}', {
            model: act.model,
            version: act.version,
          })}
          explains={t(
            'response.rollback.explains',
            'This version loses all authority for good. The one before takes its place, and an open breaker goes on to canaries.',
          )}
          confirm={t('response.rollback.confirm', 'Roll back')}
          destructive
          pending={rollback.isPending}
          onConfirm={(justification, done) => rollback.mutate({ ...scope, version: act.version, justification }, done)}
          onClose={onClose}
        />
      );
    case 'thaw':
      return (
        <ActModal
          about={about}
          title={t('response.thaw.title', 'Thaw the rollout of {{model}}', { model: act.model })}
          explains={t(
            'response.thaw.explains',
            'Its versions can be promoted again. It takes that no incident of the model is open.',
          )}
          confirm={t('response.thaw.confirm', 'Thaw')}
          destructive={false}
          pending={thaw.isPending}
          onConfirm={(justification, done) => thaw.mutate({ ...scope, frozen: act.frozen, justification }, done)}
          onClose={onClose}
        />
      );
    case 'promote':
      return <Promote act={act} onClose={onClose} />;
    case 'undo':
      return <Undo act={act} onClose={onClose} />;
  }
}

function Trip({ act, onClose }: ActProps<Extract<Act, { is: 'trip' }>>) {
  const { workflow, model, epoch } = act;
  const [tier, setTier] = useState<RiskTier | 'all'>('all');
  const trip = useTrip(epoch);
  const order = { workflow_id: workflow, model_name: model, ...(tier === 'all' ? {} : { risk_tier: tier }) };
  return (
    <ActModal
      about={`${workflow}.${model}`}
      title={t('response.trip.title', 'Stop the AI')}
      explains={
        tier === 'all'
          ? t(
              'response.trip.explains',
              'Every case of {{workflow}} goes to people until two others give authority back. The model goes on advising, so that what it would have done can be compared.',
              { workflow },
            )
          : t(
              'response.trip.explains-tier',
              'Every case of {{workflow}} with {{risk}} goes to people until two others give authority back. Of the others the model goes on deciding what the policy leaves to it.',
              { workflow, risk: riskText(tier) },
            )
      }
      confirm={t('response.trip.confirm', 'Stop the AI')}
      destructive
      pending={trip.isPending}
      onConfirm={(justification, done) => trip.mutate({ ...order, justification }, done)}
      onClose={onClose}
    >
      <Field label={t('response.trip.risk', 'For cases of')}>
        <RadioButtonGroup
          options={[
            { label: t('response.trip.every-risk', 'any risk'), value: 'all' as const },
            ...RiskTier.enum.map((value) => ({ label: riskText(value), value })),
          ]}
          value={tier}
          onChange={setTier}
        />
      </Field>
    </ActModal>
  );
}

function Promote({ act, onClose }: ActProps<Promotion>) {
  const { workflow, model, version, to, roles } = act;
  const [role, setRole] = useState(roles[0] ?? '');
  const promote = usePromote();
  return (
    <ActModal
      about={`${workflow}.${model}.${version}`}
      title={t('response.promote.title', 'Sign {{model}} {{version}} off: {{to}}', {
        model,
        version,
        to: autonomyShort(to),
      })}
      explains={t(
        'response.promote.explains',
        'With the last signature the version takes the step. Who made it does not sign, and nobody signs twice.',
      )}
      confirm={t('response.promote.confirm', 'Sign')}
      destructive={false}
      pending={promote.isPending}
      onConfirm={(justification, done) =>
        promote.mutate({ workflow_id: workflow, model_name: model, version, to, role, justification }, done)
      }
      onClose={onClose}
    >
      <Field label={t('response.promote.role', 'As')}>
        <RadioButtonGroup
          options={roles.map((name) => ({ label: name, value: name }))}
          value={role}
          onChange={setRole}
        />
      </Field>
    </ActModal>
  );
}

/** The last day, in the browser's own time, as datetime-local fields have it. */
const localTime = (ms: number) => {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

function Undo({ act, onClose }: ActProps<Undoing>) {
  const { workflow, model, version } = act;
  const [from, setFrom] = useState(() => localTime(Date.now() - 86_400_000));
  const [to, setTo] = useState(() => localTime(Date.now() + 60_000));
  const ask = useAskRollback();
  const send = (justification: string, done: { readonly onSuccess: () => void }) => {
    const scope = {
      model_name: model,
      version,
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
    };
    ask.mutate({ workflow_id: workflow, scope, justification }, done);
  };
  return (
    <ActModal
      about={`${workflow}.${model}.${version}`}
      title={t('response.undo.title', 'Take decisions of {{model}} {{version}} back', { model, version })}
      explains={t(
        'response.undo.explains',
        'What services have registered how to undo, of decisions in this time. Nothing happens before another person approves it.',
      )}
      confirm={t('response.undo.confirm', 'Ask for it')}
      destructive
      pending={ask.isPending || from === '' || to === ''}
      onConfirm={send}
      onClose={onClose}
    >
      <Field label={t('response.undo.from', 'From (your time)')}>
        <Input
          id="undo-from"
          type="datetime-local"
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
      </Field>
      <Field label={t('response.undo.to', 'To (your time)')}>
        <Input id="undo-to" type="datetime-local" value={to} onChange={(event) => setTo(event.currentTarget.value)} />
      </Field>
    </ActModal>
  );
}
