import type { Problem } from '@leveret/http-contract';

/** Codes of failures that the page makes itself: no answer came, or none of the API. */
type OwnCode = 'UNREACHABLE' | 'ANSWER_INVALID';

/** A request that was refused or failed. Branch on `code`; `message` is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: Problem['code'] | OwnCode;
  /** Find the request by it in the log of the server. */
  readonly requestId: string | undefined;

  constructor(code: ApiError['code'], message: string, options: ErrorOptions & { requestId?: string } = {}) {
    super(message, options);
    this.code = code;
    this.requestId = options.requestId;
  }
}
