/** What nobody is told of now, whose wish that is, and until when. */
import { allModels, type ResponseOverview, type Silence } from '@countersign/contract';
import { Button } from '@grafana/ui';
import { useState } from 'react';
import { useEndSilence } from '../api/response';
import { nameOf, span } from '../parts/words';
import { may } from '../routes';
import { ActModal } from './ActModal';

/** `*` is what is about people and queues; none is everything. */
const ofWhat = ({ model_name }: Silence) =>
  model_name === allModels ? 'people and queues' : (model_name ?? 'all models');

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
          {silence.signal?.replaceAll('_', ' ') ?? 'Every signal'} of {ofWhat(silence)} of {silence.workflow_id}, for{' '}
          {span(Date.parse(silence.until) - now)} more, by {nameOf(silence.by, people)}: {silence.reason}{' '}
          {may('operate') && (
            <Button size="sm" variant="secondary" fill="text" onClick={() => setEnding(silence)}>
              End it
            </Button>
          )}
        </li>
      ))}
      {ending !== null && (
        <ActModal
          title="End the silence"
          explains="People are told of what still stands."
          confirm="End it"
          destructive={false}
          pending={end.isPending}
          onConfirm={(justification) =>
            end.mutate({ silence_id: ending.silence_id, justification }, { onSuccess: () => setEnding(null) })
          }
          onClose={() => setEnding(null)}
        />
      )}
    </ul>
  );
}
