/** Keeps the app's settings in Grafana, and asks the daemon through them. What goes wrong is said so that it can be put right. */
import type { AppPluginMeta } from '@grafana/data';
import type { Queue } from '@countersign/contract';
import { getBackendSrv, isFetchError } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';
import { CallError, get } from '../api/client';
import { t } from '../parts/i18n';
import { pluginId } from '../routes';
import type { Settings } from './settings';

/** As Grafana has them. */
export interface SavedSettings {
  readonly enabled: boolean;
  /** In the menu. */
  readonly pinned: boolean;
  /** With what others have put there. */
  readonly jsonData: Settings;
  readonly hasSecret: boolean;
}

export type Outcome =
  | { readonly is: 'good' }
  | { readonly is: 'unsaved'; readonly message: string }
  | { readonly is: 'unconnected'; readonly message: string };

export const savedIn = (meta: AppPluginMeta<Settings>): SavedSettings => ({
  enabled: meta.enabled === true,
  pinned: meta.pinned === true,
  jsonData: meta.jsonData ?? {},
  hasSecret: meta.secureJsonFields?.['secret'] === true,
});

/** Enables the app with these settings; without a new secret the one that Grafana has stays. Null when all went well. */
export async function save(jsonData: Settings, pinned: boolean, secret: string): Promise<Outcome | null> {
  try {
    await lastValueFrom(
      getBackendSrv().fetch({
        url: `/api/plugins/${pluginId}/settings`,
        method: 'POST',
        data: { enabled: true, pinned, jsonData, ...(secret === '' ? {} : { secureJsonData: { secret } }) },
        showErrorAlert: false,
        showSuccessAlert: false,
      }),
    );
    return null;
  } catch (error) {
    const said = isFetchError<{ message?: string }>(error) ? error.data?.message : undefined;
    return { is: 'unsaved', message: said ?? t('settings.failed', 'Grafana did not take it.') };
  }
}

/** Asks as everybody will, with what is saved. */
export async function test(): Promise<Outcome> {
  try {
    // Any server may answer with something.
    const answer = await get<Partial<Queue> | string>('v1/reviews/queue', { limit: 1 });
    if (typeof answer === 'object' && typeof answer.waiting === 'number') return { is: 'good' };
    return { is: 'unconnected', message: notTheDaemon() };
  } catch (error) {
    return { is: 'unconnected', message: whatToDo(error) };
  }
}

function whatToDo(error: unknown): string {
  if (!(error instanceof CallError)) return String(error);
  if ([0, 502, 504].includes(error.status)) {
    return t(
      'settings.unreachable',
      'Nothing answers under this address. Check that the daemon runs, and that Grafana’s server can reach it there.',
    );
  }
  return error.status === 404 ? notTheDaemon() : error.message;
}

const notTheDaemon = () =>
  t('settings.not-the-daemon', 'Something answers under this address, but it is not Countersign. Check the address.');
