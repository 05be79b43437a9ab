/** What nobody is told of now, whose wish that is, and until when. */
import { allModels, type ResponseOverview, type Silence } from '@countersign/contract';
import { Button } from '@grafana/ui';
import { useState } from 'react';
import { useEndSilence } from '../api/response';
import { t } from '../parts/i18n';
import { nameOf, signalText, span } from '../parts/words';
import { may } from '../routes';
import { ActModal } from './ActModal';

/** `*` is what is about people and queues; none is everything. */
const modelOf = ({ model_name }: Silence) =>
  model_name === allModels
    ? t('response.silence.no-model', 'people and queues')
    : (model_name ?? t('words.all-models', 'all models'));

const signalOf = ({ signal }: Silence) =>
  signal === null ? t('response.silence.every-signal', 'Every signal') : signalText(signal, null, {});

interface SilencesProps {
  readonly silences: readonly Silence[];
  readonly people: ResponseOverview['people'];
  readonly now: number;
}

export function Silences({ silences, people, now }: SilencesProps) {
  const [ending, setEnding] = useState<Silence | null>(null);
  const end = useEndSilence();
  return (
    <ul style={{ listStyle: 'none', padding: 0 }}>
      {silences.map((silence) => (
        <li key={silence.silence_id} data-testid="silence">
          {t(
            'response.silence.stands',
            '{{signal}} of {{model}} of {{workflow}}, for {{span}} more, by {{name}}: {{reason}}',
            {
              signal: signalOf(silence),
              model: modelOf(silence),
              workflow: silence.workflow_id,
              span: span(Date.parse(silence.until) - now),
              name: nameOf(silence.by, people),
              reason: silence.reason,
            },
          )}{' '}
          {may('operate') && (
            <Button size="sm" variant="secondary" fill="text" onClick={() => setEnding(silence)}>
              {t('response.silence.end', 'End it')}
            </Button>
          )}
        </li>
      ))}
      {ending !== null && (
        <ActModal
          about={ending.silence_id}
          title={t('response.silence.end-title', 'End the silence')}
          explains={t('response.silence.end-explains', 'People are told of what still stands.')}
          confirm={t('response.silence.end', 'End it')}
          destructive={false}
          pending={end.isPending}
          onConfirm={(justification, done) => end.mutate({ silence_id: ending.silence_id, justification }, done)}
          onClose={() => setEnding(null)}
        />
      )}
    </ul>
  );
}
