import type { JobDefinition } from '@leveret/core';

/**
 * A kind of job that clients may have done by `POST /v1/jobs/:kind`. Kinds are closed unless an app opens them: a payload
 * may carry things that only our own jobs should say, such as the key of a blob, which would let a client read other
 * people's files.
 */
export interface PublicJob {
  readonly definition: JobDefinition;
  /** What a client may put into the payload; checked before the definition's own schema. */
  readonly payload: JobDefinition['payload'];
}

/**
 * Opens a kind of job to clients.
 *
 * @param payload What clients may send, where that is less than the definition takes.
 */
export function exposeJob(
  definition: JobDefinition,
  payload: JobDefinition['payload'] = definition.payload,
): PublicJob {
  return { definition, payload };
}
