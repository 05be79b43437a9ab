/** The loops, a hook. */
import type { LoopMap } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { get } from './client';

export const useLoops = () =>
  useQuery({ queryKey: ['loops'], queryFn: () => get<LoopMap[]>('v1/loops'), refetchInterval: 10_000 });
