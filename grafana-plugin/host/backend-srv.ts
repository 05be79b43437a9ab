import { AppEvents, type EventBusSrv } from '@grafana/data';
import type { BackendSrv, BackendSrvRequest, FetchError, FetchResponse } from '@grafana/runtime';
import { defer, lastValueFrom, throwError, type Observable } from 'rxjs';

/** Grafana's BackendSrv as far as an app plugin can tell: same addresses, same errors, same alerts. */
export class HostBackendSrv implements BackendSrv {
  readonly #events: EventBusSrv;

  constructor(events: EventBusSrv) {
    this.#events = events;
  }

  fetch<T>(options: BackendSrvRequest): Observable<FetchResponse<T>> {
    return defer(() => this.#send<T>(options));
  }
  async request<T = unknown>(options: BackendSrvRequest): Promise<T> {
    return (await lastValueFrom(this.fetch<T>(options))).data;
  }
  datasourceRequest<T = unknown>(options: BackendSrvRequest): Promise<FetchResponse<T>> {
    return lastValueFrom(this.fetch<T>(options));
  }
  get<T>(
    url: string,
    params?: Record<string, unknown>,
    requestId?: string,
    options?: Partial<BackendSrvRequest>,
  ): Promise<T> {
    return this.request<T>({ ...options, method: 'GET', url, params, requestId });
  }
  delete<T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>): Promise<T> {
    return this.request<T>({ ...options, method: 'DELETE', url, data });
  }
  post<T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>): Promise<T> {
    return this.request<T>({ ...options, method: 'POST', url, data });
  }
  patch<T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>): Promise<T> {
    return this.request<T>({ ...options, method: 'PATCH', url, data });
  }
  put<T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>): Promise<T> {
    return this.request<T>({ ...options, method: 'PUT', url, data });
  }
  chunked(): Observable<FetchResponse<Uint8Array | undefined>> {
    return throwError(() => new Error('The host does not stream.'));
  }

  async #send<T>(options: BackendSrvRequest): Promise<FetchResponse<T>> {
    const method = options.method ?? 'GET';
    const url = new URL(`/${options.url.replace(/^\//, '')}`, window.location.origin);
    for (const [name, value] of Object.entries(options.params ?? {})) {
      for (const item of Array.isArray(value) ? value : [value]) {
        if (item !== undefined && item !== null) {
          url.searchParams.append(name, String(item));
        }
      }
    }
    // What it throws without a network, Grafana hands on as it is.
    const response = await window.fetch(url, {
      method,
      body: options.data === undefined ? undefined : JSON.stringify(options.data),
      headers: {
        accept: 'application/json',
        ...(options.data === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.headers as Record<string, string> | undefined),
      },
      signal: options.abortSignal,
    });
    const data = options.responseType === 'arraybuffer' ? await response.arrayBuffer() : await readJson(response);
    const { status, statusText, ok, headers, redirected, type } = response;
    if (!ok) {
      throw this.#failed({ status, statusText, data, config: options });
    }
    const message = messageOf(data);
    if (message && method !== 'GET' && options.showSuccessAlert !== false) {
      this.#events.emit(AppEvents.alertSuccess, [message]);
    }
    return { data: data as T, status, statusText, ok, headers, redirected, type, url: response.url, config: options };
  }

  #failed(error: FetchError): FetchError {
    const message = messageOf(error.data);
    if (message && !error.cancelled && error.config.showErrorAlert !== false) {
      // As Grafana: a caller that catches the error has 50 ms to set isHandled.
      setTimeout(() => {
        if (!error.isHandled) {
          this.#events.emit(error.status < 500 ? AppEvents.alertWarning : AppEvents.alertError, [message]);
        }
      }, 50);
    }
    return error;
  }
}

/** Not JSON: Grafana hands over the text. */
async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function messageOf(data: unknown): string | undefined {
  return typeof data === 'object' && data !== null && 'message' in data && typeof data.message === 'string'
    ? data.message
    : undefined;
}
