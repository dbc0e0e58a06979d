import type { DeadLetter } from '../broker/dead-letter.ts';
import type { EventPosition } from '../events/event-position.ts';
import type { DeadLetteredEvent } from '../events/events.ts';
import { applyAt } from './apply-event.ts';
import type { JobRecord } from './job-record.ts';

/**
 * The record after a dead letter, as far as events tell of it: payload, headers, parent and priority are the ledger's to fill in. Pure. Events and
 * dead letters may come in any order, and twice.
 *
 * - A job that the ledger never heard of, or that was under way as the attempt of the dead letter, is `dead`, with its failure.
 * - An outcome of the same attempt counts more than the dead letter: it says more, and it may come later.
 * - A dead letter of an earlier attempt, or of a lower generation than the record's, changes nothing.
 *
 * @param record What the ledger holds, or undefined when it never heard of the job.
 * @param at When the ledger got it, in milliseconds since 1970: a dead letter does not say when it was made.
 */
export function applyDeadLetter(
  record: JobRecord | undefined,
  { message, failure }: Pick<DeadLetter, 'message' | 'failure'>,
  at: number,
): JobRecord {
  const { id: jobId, kind, queue, attempt, createdAt } = message;
  const event: DeadLetteredEvent = {
    type: 'dead-lettered',
    state: 'dead',
    jobId,
    kind,
    queue,
    attempt,
    // Most messages leave this to the definition, which is not at hand.
    maxAttempts: message.maxAttempts ?? Math.max(attempt, record?.maxAttempts ?? 0),
    createdAt,
    at,
    generation: message.generation || undefined,
    failure,
  };
  return applyAt(record, event, positionOfDeadLetter(attempt));
}

/** After all of its attempt but its outcome. */
function positionOfDeadLetter(attempt: number): EventPosition {
  return { attempt, phase: 'end', run: Number.MAX_SAFE_INTEGER, at: 0 };
}
