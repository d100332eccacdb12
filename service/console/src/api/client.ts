// One function makes every call to the API. It adds the credential, notices what time it is at the service, and when the
// credential is no longer good it waits until the user has signed in again and then repeats the call.
import { noteServerTime } from '../text/clock';
import { apiPath } from './base';
import { isAbort, problemOf, unreachable } from './problem';

export type QueryValue = string | number | boolean | null | undefined;
export type Query = Record<string, QueryValue>;

export interface CallOptions {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** For the call that tries a credential: being refused is its answer. */
  renew?: boolean;
}

export interface Answer<T> {
  status: number;
  body: T;
  etag: string | null;
}

/** Set by the session: what to send as credential, and how to get another one. */
export const credentials = {
  current: (): string | null => null,
  /**
   * Resolves when the user has signed in again; rejects when they would rather not. `asked` says that the user did
   * something that needs it, and does not only look on.
   */
  renew: (_refused: string | null, _asked: boolean): Promise<void> => Promise.reject(new Error('There is no sign-in.')),
};

export function queryString(query: Query): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') parts.set(name, String(value));
  }
  const text = parts.toString();
  return text === '' ? '' : `?${text}`;
}

async function send(method: string, path: string, options: CallOptions, credential: string | null): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
  if (credential !== null) headers['Authorization'] = `Bearer ${credential}`;
  const init: RequestInit = { method, headers, cache: 'no-store', credentials: 'omit' };
  if (options.signal) init.signal = options.signal;
  if (options.body !== undefined) {
    headers['Content-Type'] ??= 'application/json';
    init.body = JSON.stringify(options.body);
  }
  try {
    const sent = Date.now();
    const answer = await fetch(apiPath + path + queryString(options.query ?? {}), init);
    noteServerTime(answer.headers.get('Date'), sent, Date.now());
    return answer;
  } catch (error) {
    if (isAbort(error)) throw error;
    throw unreachable();
  }
}

/** Makes the call; throws a Problem for whatever is not a success. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
  let credential = credentials.current();
  let answer = await send(method, path, options, credential);
  if (answer.status === 401 && options.renew !== false) {
    await credentials.renew(credential, method !== 'GET');
    credential = credentials.current();
    answer = await send(method, path, options, credential);
  }
  if (!answer.ok) throw await problemOf(answer);
  const text = answer.status === 204 ? '' : await answer.text();
  return {
    status: answer.status,
    body: (text === '' ? undefined : JSON.parse(text)) as T,
    etag: answer.headers.get('ETag'),
  };
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await call<T>('GET', path, { query: query ?? {}, signal })).body;
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  return (await call<T>('POST', path, { body })).body;
}

/** A part of a path: ids of items may hold anything. */
export const segment = (value: string | number): string => encodeURIComponent(String(value));
