import { ERROR_CODES, type ErrorCode, errorRule, LeveretError } from '@leveret/core';
import type { Problem } from '@leveret/http-contract';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

/** The request that could not be served. */
export interface ProblemContext {
  readonly requestId: string;
  /** Path without the query: a query may hold addresses. */
  readonly path: string;
  /** Path that the API is mounted below; none at the root. */
  readonly prefix?: string;
  /** The status of the answer, where HTTP has a narrower one than the table. */
  readonly status?: number;
}

interface ValidationError {
  readonly validation: readonly { readonly instancePath: string; readonly message?: string | undefined }[];
  /** The part of the request that did not fit. */
  readonly validationContext?: string | undefined;
}

/** Longest detail, in characters: a request with ten thousand unknown fields is not answered with all their names. */
const MAX_DETAIL_LENGTH = 1_000;
/** Most faults of a request that are named. */
const MAX_NAMED_FAULTS = 50;

/** What Fastify and its plugins refuse for, in our codes. What is missing here goes by its status. */
const CODE_BY_FRAMEWORK_CODE: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_NOT_FOUND: 'ROUTE_UNKNOWN',
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_EMPTY_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
};

/**
 * The error of our table that anything thrown while serving a request amounts to. A framework's own words are dropped;
 * what nobody foresaw is `INTERNAL`.
 */
export function toLeveretError(thrown: unknown): LeveretError {
  if (thrown instanceof LeveretError) return thrown;
  if (hasZodFastifySchemaValidationErrors(thrown)) return toValidationError(thrown);
  const { code, statusCode } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown };
  const mapped = typeof code === 'string' ? CODE_BY_FRAMEWORK_CODE[code] : undefined;
  if (mapped !== undefined) return new LeveretError(mapped, ERROR_CODES[mapped].title, { cause: thrown });
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new LeveretError('REQUEST_INVALID', 'the request could not be read', { cause: thrown });
  }
  return new LeveretError('INTERNAL', 'the request could not be served', { cause: thrown });
}

/**
 * The body that a failed request is answered with. What is wrong with the request is said in the error's words; what is
 * wrong with the server, in the table's alone, because the words of a failing part may name hosts and files.
 */
export function toProblem(error: LeveretError, context: ProblemContext): Problem {
  const { httpStatus, title, action } = errorRule(error.code);
  const { requestId, path, prefix = '', status = httpStatus } = context;
  const { details } = error;
  const detail = status >= 500 ? action : `${asSentence(error.message)} ${action}`;
  return {
    type: `${prefix}/errors/${error.code}`,
    title,
    status,
    code: error.code,
    detail,
    instance: path,
    ...(typeof details['position'] === 'number' ? { position: details['position'] } : {}),
    requestId,
  };
}

/** Names each field that does not fit and how, never its value. */
function toValidationError(thrown: ValidationError): LeveretError {
  const { validation, validationContext } = thrown;
  const problems = validation.slice(0, MAX_NAMED_FAULTS).map(({ instancePath, message = 'does not fit' }) => {
    const field = instancePath.slice(1).replaceAll('/', '.');
    return cut(field === '' ? message : `${field}: ${message}`);
  });
  const code =
    validationContext === 'body' || validationContext === 'querystring'
      ? 'PAYLOAD_INVALID'
      : 'REQUEST_INVALID';
  return new LeveretError(code, cut(problems.join('; ')), { cause: thrown });
}

/** A text as long as an answer or a line of the log may hold. */
export function cut(text: string): string {
  return text.length > MAX_DETAIL_LENGTH ? `${text.slice(0, MAX_DETAIL_LENGTH - 1)}…` : text;
}

function asSentence(message: string): string {
  const short = cut(message);
  return /[.!?…]$/.test(short) ? short : `${short}.`;
}
