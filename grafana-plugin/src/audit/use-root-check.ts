/** Whether the log that this browser has seen had that root when it was that large, shown by the proof that it has only grown since. */
import { useQuery } from '@tanstack/react-query';
import { readGrowth } from '../api/audit';
import { hasRoot } from './growth';
import { holdAgainstSeen } from './same-log';

/** `root` in hex. */
export const useRootCheck = (size: number, root: string) =>
  useQuery({
    queryKey: ['root', size, root],
    queryFn: async () => {
      const growth = await readGrowth(size);
      if (!hasRoot(size, root, growth)) return false;
      const log = await holdAgainstSeen({ note: growth.checkpoint, verifierKey: growth.verifier_key });
      return log.is === 'first' || log.is === 'same';
    },
    staleTime: Infinity,
    // A checkpoint covers it within a second or two.
    retry: 5,
    retryDelay: 1_000,
  });
