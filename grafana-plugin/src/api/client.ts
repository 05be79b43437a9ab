/** Calls to the daemon, through Grafana's plugin proxy. Errors are the daemon's own words. */
import type { ApiError } from '@countersign/contract';
import { getBackendSrv, isFetchError } from '@grafana/runtime';
import { lastValueFrom, timeout } from 'rxjs';
import { t } from '../parts/i18n';
import { moment } from '../parts/words';
import { pluginId } from '../routes';

/** What the daemon refused, and why. `status` 0: it could not be reached. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly status: number;
  readonly body: ApiError | null;

  constructor(status: number, body: ApiError | null, message: string) {
    super(message);
    this.status = status;
    this.body = body;
  }

  /** Nobody knows whether it came about: the answer was lost on the way. */
  get isLost(): boolean {
    return [0, 502, 504].includes(this.status);
  }
}

/** Below Grafana's root. */
export const proxyPath = `api/plugin-proxy/${pluginId}`;

type Query = Record<string, string | number | undefined>;

export const get = <T>(path: string, params: Query = {}) => call<T>('GET', path, { params });
export const post = <T>(path: string, data: unknown, more: Pick<CallOptions, 'timeoutMs'> = {}) =>
  call<T>('POST', path, { data, ...more });
/** What is done once, however often it is sent under the same key. */
export const postOnce = <T>(path: string, data: unknown, key: string) =>
  call<T>('POST', path, { data, headers: { 'Idempotency-Key': key } });
export const getBytes = async (path: string): Promise<Uint8Array> =>
  new Uint8Array(await call<ArrayBuffer>('GET', path, { responseType: 'arraybuffer' }));

/** An answer that has not come by then does not come. */
const usualTimeoutMs = 30_000;

interface CallOptions {
  readonly timeoutMs?: number;
  readonly params?: Query;
  readonly data?: unknown;
  readonly responseType?: 'arraybuffer';
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ids come out of addresses, which anybody can write: what is no plain path of the daemon's is asked of nobody. */
const plainPath = /^[\w:-]+(\/[\w:-]+)*(\?[^#\\]*)?$/;

async function call<T>(
  method: 'GET' | 'POST',
  path: string,
  { timeoutMs = usualTimeoutMs, ...options }: CallOptions,
): Promise<T> {
  if (!plainPath.test(path)) throw new CallError(404, null, t('api.no-such', 'There is nothing under this address.'));
  try {
    const response = await lastValueFrom(
      getBackendSrv()
        .fetch<T>({
          url: `${proxyPath}/${path}`,
          method,
          ...options,
          showErrorAlert: false,
          showSuccessAlert: false,
        })
        .pipe(timeout(timeoutMs)),
    );
    return response.data;
  } catch (error) {
    // Without a network Grafana hands on what the browser throws; and nobody waits for ever.
    const { status, data } = isFetchError(error) ? error : { status: 0, data: null };
    const said = readSaid(data);
    const body = isApiError(said) ? said : null;
    const message =
      status === 0 || status === 502
        ? t('api.unreachable', 'Countersign cannot be reached. What you typed is kept; try again in a moment.')
        : body !== null
          ? inLocalTime(body.message)
          : status === 403
            ? notAllowed()
            : saidByGrafana(said, status);
    throw new CallError(status, body, message);
  }
}

/** Whoever asks for bytes gets what was said against it in bytes too. */
function readSaid(data: unknown): unknown {
  if (!(data instanceof ArrayBuffer)) return data;
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    return null;
  }
}

/** The daemon speaks of times in UTC; people read them in their own. */
export const inLocalTime = (message: string): string =>
  message.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (at) => moment(at));

/** Grafana's own refusal, of who may not take a route. */
export const notAllowed = (): string =>
  t('api.not-allowed', 'Your role in Grafana does not let you do this. An administrator can give you one that does.');

const saidByGrafana = (data: unknown, status: number): string => {
  const said = typeof data === 'object' && data !== null && 'message' in data ? data.message : undefined;
  return typeof said === 'string' && said !== ''
    ? t('api.said', 'Grafana answered {{status}}: {{said}}', { status, said })
    : t('api.answered', 'Grafana answered {{status}}.', { status });
};

const isApiError = (data: unknown): data is ApiError =>
  typeof data === 'object' && data !== null && 'error' in data && 'message' in data && typeof data.message === 'string';
