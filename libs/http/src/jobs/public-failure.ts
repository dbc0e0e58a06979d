import { errorRule, type Failure, isErrorCode, type JobRecord } from '@leveret/core';

/**
 * Why a job failed, as clients may know it. What is wrong with a video is told in full; what a handler, a mail server or a
 * library said is the operator's affair, because it may name hosts, files and people: it is told in the table's words. A newer
 * worker may have put a code into the ledger that this table does not have.
 */
export function publicFailure({ code, message }: Failure): Failure {
  if (!isErrorCode(code))
    return { code, message: 'The job failed for a reason that only a newer release can tell.' };
  return { code, message: code.startsWith('VIDEO_') ? message : `${errorRule(code).title}.` };
}

/** The same for a job that ended without a result: cancelled and expired jobs may have no failure of their own. */
export function failureOf({ state, failure }: Pick<JobRecord, 'state' | 'failure'>): Failure {
  if (failure === undefined) return { code: 'HANDLER_FAILED', message: `The job was ${state}.` };
  return publicFailure(failure);
}
