/** The queue's filters, as the address has them, for links back to it: "?risk_tier=low", or nothing. */
import { useSearchParams } from 'react-router-dom';
import { queueFilterNames } from '../api/reviews';

export function useQueueSearch(): string {
  const [search] = useSearchParams();
  const kept = queueFilterNames.flatMap((name) => (search.get(name) ? [[name, search.get(name) ?? '']] : []));
  return kept.length === 0 ? '' : `?${new URLSearchParams(kept).toString()}`;
}
