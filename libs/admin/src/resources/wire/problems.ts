import { ERROR_CODES, type ErrorCode } from '@leveret/core';
import { PROBLEM_MEDIA_TYPE, problem } from '@leveret/http-contract';

/** What every route may refuse for. */
const ALWAYS: readonly ErrorCode[] = [
  'REQUEST_INVALID',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'HOST_REFUSED',
  'HEADERS_TOO_LARGE',
  'STORE_UNAVAILABLE',
  'SHUTTING_DOWN',
  'INTERNAL',
];
/** What a route with a query may refuse for, besides. */
export const QUERY_PROBLEMS: readonly ErrorCode[] = ['PAYLOAD_INVALID'];
/** What a route with a body may refuse for, besides. */
export const BODY_PROBLEMS: readonly ErrorCode[] = [
  'PAYLOAD_INVALID',
  'PAYLOAD_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
  'ORIGIN_REFUSED',
];
/** What a route with a filter may refuse for, besides. */
export const FILTER_PROBLEMS: readonly ErrorCode[] = ['FILTER_INVALID', 'QUERY_TOO_BROAD'];

/** What a route answers as a problem. */
export interface ProblemResponse {
  readonly description: string;
  readonly content: { readonly [PROBLEM_MEDIA_TYPE]: { readonly schema: typeof problem } };
}

/** The problems that a route may answer, by status: what every route may refuse for, and `codes`. Part of its schema, and so of the API description. */
export function problems(...codes: readonly ErrorCode[]): Readonly<Record<number, ProblemResponse>> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...ALWAYS, ...codes])) {
    const { httpStatus } = ERROR_CODES[code];
    byStatus.set(httpStatus, [...(byStatus.get(httpStatus) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `\`${code}\`: ${ERROR_CODES[code].title}.`).join(' '),
        content: { [PROBLEM_MEDIA_TYPE]: { schema: problem } },
      },
    ]),
  );
}
