import { errorRule } from '../errors/errors.ts';
import type { Failure } from '../errors/failure.ts';
import type { Json } from '../json/json.ts';
import type { Random } from '../random.ts';
import { type RetryPolicy, retryDelayMs } from './retry-policy.ts';
import type { VerdictResult } from './verdict.ts';

/** How an attempt ended, before anything was decided. */
export type AttemptResult =
  | {
      readonly kind: 'succeeded';
      readonly result: Json;
      /** Which part of the handler's result could not be kept, and why. */
      readonly leftOut?: string;
    }
  /** It threw, or ran out of time. `thrown` is what it threw, where that was in this process. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly thrown?: unknown }
  /** The process that ran it died over it, and its parent saw that. */
  | { readonly kind: 'crashed'; readonly failure: Failure }
  /** A verdict of the handler. */
  | VerdictResult
  /** This worker does not know the kind or the message version, or cannot load the handler. */
  | { readonly kind: 'not-understood'; readonly failure: Failure }
  /** The worker stops, and the attempt never started or was aborted for that. */
  | { readonly kind: 'handed-back' }
  /** Its job was superseded while it ran, and it was aborted for that. */
  | { readonly kind: 'cancelled' };

/** How an attempt is concluded. */
export type Settlement =
  | { readonly kind: 'ack'; readonly result: Json }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly failure: Failure }
  /** `because` says in words why it is not tried again. */
  | { readonly kind: 'dead-letter'; readonly because: string; readonly failure: Failure }
  /** Once more, as the same attempt, with so many deaths charged in all. */
  | { readonly kind: 'rerun'; readonly crashes: number; readonly delayMs: number; readonly failure: Failure }
  /** Later, as the same attempt, for a worker that understands it. */
  | { readonly kind: 'defer'; readonly delayMs: number; readonly failure: Failure }
  /** Later, as the same attempt, because its handler asked for it. */
  | { readonly kind: 'snooze'; readonly delayMs: number }
  /** Its message is not the job any more: it is acknowledged. */
  | { readonly kind: 'cancel' }
  | { readonly kind: 'release' };

/** What a decision rests on. */
export interface SettlementInput {
  /** The definition's policy; of no account for a job that was not understood. */
  readonly retry: RetryPolicy;
  /** The attempt that ended, from 1. */
  readonly attempt: number;
  /** The last attempt that the job gets. */
  readonly maxAttempts: number;
  /** How long the job has been held already, in milliseconds. */
  readonly heldMs: number;
  /** Deaths that the job is charged with so far. */
  readonly crashes: number;
  readonly random: Random;
}

/** A job is dead-lettered with so many deaths of its process: the third start that kills is the last. */
export const MAX_CRASHES = 3;

/** How long a job waits for a worker that understands it before it is dead-lettered, in milliseconds: a rolling deploy fits in. */
export const MAX_HELD_MS = 900_000;
/** The shortest snooze, in milliseconds: a job that snoozes for ever must not keep a worker busy. */
export const MIN_SNOOZE_MS = 100;
const FIRST_DEFERRAL_MS = 5_000;
const LONGEST_DEFERRAL_MS = 60_000;

/**
 * How long to defer a job that no worker understood yet: 5 s, doubling to 60 s. The total held so far tells which turn it
 * is, because the waits before the n-th turn add up to 5 s × (2^n − 1).
 */
function deferDelayMs(heldMs: number): number {
  return Math.min(LONGEST_DEFERRAL_MS, heldMs + FIRST_DEFERRAL_MS);
}

function settleFailure(failure: Failure, input: SettlementInput): Settlement {
  if (!errorRule(failure.code).retryable)
    return { kind: 'dead-letter', because: `${failure.code} is not tried again`, failure };
  return retryAfter(retryDelayMs(input.attempt, input.retry, input.random), failure, input);
}

function retryAfter(
  delayMs: number,
  failure: Failure,
  { attempt, maxAttempts }: SettlementInput,
): Settlement {
  return attempt < maxAttempts
    ? { kind: 'retry', delayMs, failure }
    : { kind: 'dead-letter', because: 'no attempt is left', failure };
}

/** A death is charged to the job and not to the attempt: a handler that never came to its end has not failed. */
function settleCrash(failure: Failure, { retry, crashes: before, random }: SettlementInput): Settlement {
  const crashes = before + 1;
  if (crashes >= MAX_CRASHES)
    return { kind: 'dead-letter', because: `${crashes} processes died over it`, failure };
  return { kind: 'rerun', crashes, delayMs: retryDelayMs(crashes, retry, random), failure };
}

/** What is to be done about an attempt that ended. Pure and total: the same input always gives the same answer. */
export function decideSettlement(result: AttemptResult, input: SettlementInput): Settlement {
  switch (result.kind) {
    case 'succeeded':
      return { kind: 'ack', result: result.result };
    case 'failed':
      return settleFailure(result.failure, input);
    case 'crashed':
      return settleCrash(result.failure, input);
    case 'given-up':
      return { kind: 'dead-letter', because: 'trying again cannot help', failure: result.failure };
    case 'retry-later':
      return retryAfter(result.delayMs, result.failure, input);
    case 'snoozed':
      return { kind: 'snooze', delayMs: Math.max(MIN_SNOOZE_MS, result.delayMs) };
    case 'not-understood':
      return input.heldMs >= MAX_HELD_MS
        ? {
            kind: 'dead-letter',
            because: `no worker understood it for ${MAX_HELD_MS / 60_000} minutes`,
            failure: result.failure,
          }
        : { kind: 'defer', delayMs: deferDelayMs(input.heldMs), failure: result.failure };
    case 'handed-back':
      return { kind: 'release' };
    case 'cancelled':
      return { kind: 'cancel' };
  }
}
