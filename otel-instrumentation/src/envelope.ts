/** What each event of this package begins with, as CloudEvents have it. */
import { newId } from './ids.ts';

export const envelopeOf = (source: string, task: string) => ({
  specversion: '1.0' as const,
  id: newId(),
  source,
  subject: task,
  time: new Date().toISOString(),
  datacontenttype: 'application/json' as const,
});
