import { type Failure, failureOf, toFailure } from '../errors/failure.ts';
import { readProperty, readText } from '../errors/thrown.ts';
import { MAX_DELAY_MS } from './retry-policy.ts';

/** Marks a verdict: the class alone would not, where a process has two copies of this package. */
const verdictMark = Symbol.for('leveret.verdict');

/**
 * What a handler may answer instead of a result, returned or thrown: made by {@link deadLetter}, {@link retryLater} and
 * {@link snooze}. It is an error so that it can be thrown like any other.
 */
export class Verdict extends Error {
  override readonly name = 'Verdict';
  readonly verdict: 'dead-letter' | 'retry-later' | 'snooze';
  /** How long the job waits, in milliseconds; 0 for a dead letter. */
  readonly delayMs: number;

  constructor(verdict: Verdict['verdict'], message: string, delayMs = 0) {
    super(message);
    this.verdict = verdict;
    this.delayMs = delayMs;
  }

  static {
    Object.defineProperty(Verdict.prototype, verdictMark, { value: true });
  }
}

/** Returned or thrown by a handler: dead-letters the job at once, with `reason`. */
export function deadLetter(reason: string): Verdict {
  return new Verdict('dead-letter', reason);
}

/**
 * Returned or thrown by a handler: tries the job again after `delayMs` instead of the delay of its policy, as a `Retry-After` asks for.
 * It counts as an attempt. When no attempt is left, the job is dead-lettered with `reason`.
 *
 * @throws {RangeError} when `delayMs` is not a whole number from 0 to ten years.
 */
export function retryLater(delayMs: number, reason = 'the handler asked for a later attempt'): Verdict {
  requireDelay(delayMs);
  return new Verdict('retry-later', reason, delayMs);
}

/**
 * Returned or thrown by a handler: runs the job again after `delayMs`. It does not count as an attempt, and a job may be snoozed
 * without limit. A delay under 100 ms counts as 100 ms.
 *
 * @throws {RangeError} when `delayMs` is not a whole number from 0 to ten years.
 */
export function snooze(delayMs: number): Verdict {
  requireDelay(delayMs);
  return new Verdict('snooze', `snoozed for ${delayMs} ms`, delayMs);
}

/** What a verdict says of its attempt. */
export type VerdictResult =
  | { readonly kind: 'given-up'; readonly failure: Failure }
  | { readonly kind: 'retry-later'; readonly failure: Failure; readonly delayMs: number }
  | { readonly kind: 'snoozed'; readonly delayMs: number };

/** What `answer` says of its attempt when it is a verdict, also one of another copy of this package. Never throws. */
export function verdictOf(answer: unknown): VerdictResult | undefined {
  if (readProperty(answer, verdictMark) !== true) return undefined;
  const verdict = readText(answer, 'verdict');
  const delayMs = readProperty(answer, 'delayMs');
  if (verdict === 'retry-later' && isDelay(delayMs))
    return { kind: 'retry-later', delayMs, failure: failureOfVerdict(answer) };
  if (verdict === 'snooze' && isDelay(delayMs)) return { kind: 'snoozed', delayMs };
  return { kind: 'given-up', failure: failureOfVerdict(answer) };
}

/** Its class says nothing of the reason. */
function failureOfVerdict(verdict: unknown): Failure {
  const { message, stack } = failureOf(verdict, 'HANDLER_FAILED');
  const failure = toFailure('HANDLER_FAILED', message);
  return stack === undefined ? failure : { ...failure, stack };
}

function isDelay(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_DELAY_MS;
}

function requireDelay(delayMs: number): void {
  if (!isDelay(delayMs))
    throw new RangeError(`delayMs must be a whole number from 0 to ${MAX_DELAY_MS}, got ${delayMs}`);
}
