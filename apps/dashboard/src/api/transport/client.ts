import type { Problem } from '@leveret/http-contract';
import { ApiError } from './api-error.ts';
import { API_PATH } from './base.ts';

/** What a request sends. */
export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Query parameters; undefined ones are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/**
 * Sends a request to the admin API and returns its JSON, or undefined when the answer has no content. `View` is the type of the contract for this route.
 *
 * @throws {ApiError} with the code of the problem; `UNREACHABLE` when no answer comes.
 */
export async function call<View>(path: string, options: CallOptions = {}): Promise<View> {
  const response = await send(path, options, 'application/json');
  if (response.status === 204) return undefined as View;
  return (await readJson(response)) as View;
}

/**
 * Reads text of the admin API as it is: numbers of a payload stay exact.
 *
 * @throws {ApiError} as {@link call}.
 */
export async function readText(path: string, options: CallOptions = {}): Promise<string> {
  const response = await send(path, options, '*/*');
  return await response.text();
}

/**
 * Opens a stream of server-sent events.
 *
 * @param lastEventId Id of the event to begin after.
 * @throws {ApiError} as {@link call}.
 */
export async function openStream(
  path: string,
  options: CallOptions,
  lastEventId?: string,
): Promise<ReadableStream<Uint8Array>> {
  const headers = lastEventId === undefined ? undefined : { 'last-event-id': lastEventId };
  const { body } = await send(path, options, 'text/event-stream', headers);
  if (body === null) throw new ApiError('ANSWER_INVALID', 'The answer of the server is empty.');
  return body;
}

/** Address of a path of the admin API, for what the browser loads itself. */
export function addressOf(path: string, query: NonNullable<CallOptions['query']>): string {
  const parameters = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(parameters).toString();
  return `${API_PATH}${path}${search === '' ? '' : `?${search}`}`;
}

async function send(
  path: string,
  { method = 'GET', query = {}, body, signal }: CallOptions,
  accept: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const response = await reach(addressOf(path, query), {
    method,
    credentials: 'same-origin',
    headers: { accept, ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok) throw await toApiError(response);
  return response;
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause;
    throw new ApiError('UNREACHABLE', 'The server does not answer.', { cause });
  }
}

async function toApiError(response: Response): Promise<ApiError> {
  const isProblem = response.headers.get('content-type')?.includes('problem+json') === true;
  if (!isProblem)
    return new ApiError(
      'ANSWER_INVALID',
      `The server answered with status ${response.status}. A proxy in front of it may be the reason.`,
    );
  const { code, title, detail, requestId } = (await readJson(response)) as Problem;
  // The detail of what is wrong with the server says only what to do about it.
  const message = response.status >= 500 ? `${title}. ${detail}` : detail;
  return new ApiError(code, message, { requestId });
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new ApiError('ANSWER_INVALID', 'The answer of the server is no JSON, or it is cut off.', { cause });
  }
}
