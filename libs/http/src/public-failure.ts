import { errorRule, type Failure, type JobRecord } from '@leveret/core';

/**
 * Why a job failed, as clients may know it. What is wrong with a video is told in full; what a handler, a mail server or a
 * library said is the operator's affair, because it may name hosts, files and people: it is told in the table's words.
 */
export function publicFailure({ code, message }: Failure): Failure {
  return { code, message: code.startsWith('VIDEO_') ? message : `${errorRule(code).title}.` };
}

/** The same for a job that ended without a result: cancelled and expired jobs may have no failure of their own. */
export function failureOf({ state, failure }: Pick<JobRecord, 'state' | 'failure'>): Failure {
  if (failure === undefined) return { code: 'HANDLER_FAILED', message: `The job was ${state}.` };
  return publicFailure(failure);
}
