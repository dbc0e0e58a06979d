import type { Failure } from '../errors/failure.ts';
import type { Json } from '../json/json.ts';
import type { JobDetails } from '../ledger/job-reader.ts';
import type { JobRecord } from '../ledger/job-record.ts';

/** What is shown in the place of a redacted value. */
export const REDACTED = '[redacted]';
/** Most redacted paths of a definition. */
export const MAX_REDACTED_PATHS = 32;
/** Longest redacted path, in characters (UTF-16 units). */
export const MAX_REDACTED_PATH_LENGTH = 200;
/** Shorter values are not looked for in texts, in characters: every text has them. */
const MIN_SECRET_LENGTH = 3;
/** Up to so many values are looked for. With more, no text is shown. */
const MAX_SECRETS = 1_000;

/**
 * Whether `path` can be redacted: names of fields and places in lists, joined by dots, such as `card.number` or `items.0.token`. `*` stands
 * for every field or every item. A field whose name has a dot cannot be named, except by `*`.
 */
export function isRedactedPath(path: unknown): path is string {
  return (
    typeof path === 'string' &&
    path.length <= MAX_REDACTED_PATH_LENGTH &&
    path.split('.').every((step) => step !== '') &&
    !/[\p{Cc}\p{Surrogate}]/u.test(path)
  );
}

/** `paths`, each once. @throws {RangeError} for a path that is none, and for more than {@link MAX_REDACTED_PATHS}. */
export function toRedactedPaths(paths: readonly string[]): readonly string[] {
  const different = [...new Set(paths)];
  const wrong = different.filter((path) => !isRedactedPath(path));
  if (wrong.length > 0)
    throw new RangeError(
      `a redacted path has 1 to ${MAX_REDACTED_PATH_LENGTH} characters: names joined by dots, such as card.number or items.*.token; got ${JSON.stringify(String(wrong[0]).slice(0, MAX_REDACTED_PATH_LENGTH))}`,
    );
  if (different.length > MAX_REDACTED_PATHS)
    throw new RangeError(`a definition redacts at most ${MAX_REDACTED_PATHS} paths; got ${different.length}`);
  return different;
}

/** What of a job may have to be masked. */
type Redactable = Pick<JobRecord, 'redact' | 'payload' | 'result' | 'failure'>;

/**
 * `job` as it may be shown: in payload and result, the values at its redacted paths are replaced by {@link REDACTED}, and so is each of those of
 * the payload in the texts of its failure. Never run or send what this returns.
 */
export function redactJob<Job extends Redactable>(job: Job): Job {
  const { redact, payload, result, failure } = job;
  if (redact === undefined) return job;
  return {
    ...job,
    ...(payload === undefined ? {} : { payload: redactData(payload, redact) }),
    ...(result === undefined ? {} : { result: redactData(result, redact) }),
    ...(failure === undefined ? {} : { failure: redactFailure(failure, payload, redact) }),
  };
}

/** {@link redactJob} of a job and the failures of its attempts. */
export function redactDetails(details: JobDetails): JobDetails {
  const { job, attempts } = details;
  const { payload, redact } = job;
  if (redact === undefined) return details;
  return {
    ...details,
    job: redactJob(job),
    attempts: attempts.map(({ failure, ...attempt }) =>
      failure === undefined ? attempt : { ...attempt, failure: redactFailure(failure, payload, redact) },
    ),
  };
}

function redactData(data: Json, paths: readonly string[]): Json {
  return paths.reduce((masked, path) => maskAt(masked, path.split('.')), data);
}

function maskAt(data: Json, [step, ...rest]: readonly string[]): Json {
  if (step === undefined) return REDACTED;
  const maskPart = (name: string, part: Json) => (step === '*' || step === name ? maskAt(part, rest) : part);
  if (isList(data)) return data.map((item, index) => maskPart(String(index), item));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, part = null]) => [name, maskPart(name, part)]));
}

/** Gives a text back without the values that it must not show. */
export type TextMask = (text: string) => string;

/**
 * Replaces each value that `payload` has at one of `paths` by {@link REDACTED}: in any text, also where the value stands in JSON, or is cut at the
 * end of the text. Values of one or two characters stay.
 */
export function payloadMask(payload: Json, paths: readonly string[]): TextMask {
  const secrets = secretsIn(payload, paths);
  if (secrets.length === 0) return (text) => text;
  return secrets.length > MAX_SECRETS ? () => REDACTED : maskerOf(secrets);
}

/** `data` with its texts, its numbers and the names of its fields masked. */
export function maskData(data: Json, mask: TextMask): Json {
  if (typeof data === 'string') return mask(data);
  if (typeof data === 'number') return mask(String(data)) === String(data) ? data : REDACTED;
  if (isList(data)) return data.map((item) => maskData(item, mask));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, part = null]) => [mask(name), maskData(part, mask)]),
  );
}

/**
 * `failure` with its texts masked by {@link payloadMask}. The same object when there is nothing to mask.
 */
export function redactFailure(
  failure: Failure,
  payload: Json | undefined,
  paths: readonly string[],
): Failure {
  if (payload === undefined) return failure;
  const mask = payloadMask(payload, paths);
  const { message, stack, causes } = failure;
  const redacted = {
    ...failure,
    message: mask(message),
    ...(stack === undefined ? {} : { stack: mask(stack) }),
    ...(causes === undefined
      ? {}
      : {
          causes: causes.map((cause) => ({
            ...cause,
            message: mask(cause.message),
            ...(cause.stack === undefined ? {} : { stack: mask(cause.stack) }),
          })),
        }),
  };
  return JSON.stringify(redacted) === JSON.stringify(failure) ? failure : redacted;
}

/** As they are, and as JSON has them. The longest first: one may be part of another. */
function secretsIn(payload: Json, paths: readonly string[]): readonly string[] {
  const values = paths.flatMap((path) => partsAt(payload, path.split('.'))).flatMap(textsIn);
  const long = values.filter((value) => value.length >= MIN_SECRET_LENGTH);
  const inJson = long.map((value) => JSON.stringify(value).slice(1, -1));
  return [...new Set([...long, ...inJson])].sort((one, other) => other.length - one.length);
}

function partsAt(data: Json, [step, ...rest]: readonly string[]): readonly Json[] {
  if (step === undefined) return [data];
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([name, part]) =>
    part !== undefined && (step === '*' || step === name) ? partsAt(part, rest) : [],
  );
}

/** The texts and numbers of which `data` is made. */
function textsIn(data: Json): readonly string[] {
  if (typeof data === 'string' || typeof data === 'number') return [String(data)];
  if (typeof data !== 'object' || data === null) return [];
  return Object.values(data).flatMap((part) => (part === undefined ? [] : textsIn(part)));
}

function maskerOf(secrets: readonly string[]): TextMask {
  const any = new RegExp(
    secrets.map((secret) => secret.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')).join('|'),
    'g',
  );
  return (text) => {
    const masked = text.replace(any, REDACTED);
    const length = Math.max(0, ...secrets.map((secret) => lengthOfCut(masked, secret)));
    return length === 0 ? masked : `${masked.slice(0, -1 - length)}${REDACTED}…`;
  };
}

/** How many characters of `secret` stand at the end of a text that was cut there; 0 when too few do. */
function lengthOfCut(text: string, secret: string): number {
  if (!text.endsWith('…')) return 0;
  for (let length = secret.length - 1; length >= MIN_SECRET_LENGTH; length -= 1)
    if (text.endsWith(`${secret.slice(0, length)}…`)) return length;
  return 0;
}

function isList(data: Json): data is readonly Json[] {
  return Array.isArray(data);
}
