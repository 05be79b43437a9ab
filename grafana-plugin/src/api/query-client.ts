/** One query client for the app. What a change has to say to the person is in its `meta`, and is shown here alone. */
import { AppEvents } from '@grafana/data';
import { getAppEvents } from '@grafana/runtime';
import { MutationCache, QueryClient } from '@tanstack/react-query';
import { t } from '../parts/i18n';
import { CallError } from './client';

declare module '@tanstack/react-query' {
  interface Register {
    mutationMeta: {
      readonly done?: string | ((answer: unknown) => string | null);
      readonly failed: string;
      /** Why it failed stands beside what the person has typed. */
      readonly isSaidInPlace?: true;
    };
  }
}

export const queryClient = new QueryClient({
  defaultOptions: {
    // What the browser thinks of the network is no reason to wait: the person hears what came of it.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      // After a second and a half somebody is told; what is asked for by itself is asked again all the same.
      retry: (failures, error) =>
        failures < 2 && !(error instanceof CallError && error.status >= 400 && error.status < 500),
      retryDelay: (failures) => 500 * 2 ** failures,
      refetchOnWindowFocus: true,
    },
  },
  mutationCache: new MutationCache({
    onSuccess: (answer, _variables, _context, mutation) => {
      const done = mutation.meta?.done;
      const text = typeof done === 'function' ? done(answer) : done;
      if (text) say(AppEvents.alertSuccess.name, text);
    },
    onError: (error, _variables, _context, mutation) => {
      const { failed, isSaidInPlace } = mutation.meta ?? { failed: t('api.failed', 'That did not work') };
      const isLost = error instanceof CallError && error.isLost;
      const title = isLost ? t('api.unknown', 'It is not known whether it came about. Look, then try again.') : failed;
      say(AppEvents.alertError.name, title, ...(isSaidInPlace ? [] : [error.message]));
    },
  }),
});

/** Why something that nobody waits for has not come about: nothing there is no failure. */
export function sayOf(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const isNothing = error instanceof CallError && error.status === 404;
  say(isNothing ? AppEvents.alertInfo.name : AppEvents.alertError.name, message);
}

const say = (type: string, ...payload: string[]) => getAppEvents().publish({ type, payload });
