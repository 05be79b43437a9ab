/** Whether the log had that root when it was that large, shown by the proof that it has only grown since. */
import { useQuery } from '@tanstack/react-query';
import { readGrowth } from '../api/audit';
import { hasRoot } from './growth';

/** `root` in hex. */
export const useRootCheck = (size: number, root: string) =>
  useQuery({
    queryKey: ['root', size, root],
    queryFn: async () => hasRoot(size, root, await readGrowth(size)),
    staleTime: Infinity,
    // A checkpoint covers it within a second or two.
    retry: 5,
    retryDelay: 1_000,
  });
