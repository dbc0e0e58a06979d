import type { JobDefinition, Json } from '@leveret/core';

/**
 * A kind of job that clients may have done by `POST /v1/jobs/:kind`. Kinds are closed unless an app opens them: a payload
 * may carry things that only our own jobs should say, such as the key of a blob, which would let a client read other
 * people's files.
 */
export interface PublicJob {
  readonly definition: JobDefinition;
  /** What a client may put into the payload; checked before the definition's own schema. */
  readonly payload: JobDefinition['payload'];
  /** What a client may see of a result; nothing when left out, because whoever knows an id need not know what was sent. */
  readonly viewResult?: (result: Json) => Json;
}

/** What clients may say and see, where that differs from what the definition takes and its handler returns. */
export interface ExposeJobOptions {
  /** What clients may send; all that the definition takes when left out. */
  readonly payload?: JobDefinition['payload'];
  /** What clients may see of the result; nothing when left out. */
  readonly viewResult?: (result: Json) => Json;
}

/** Opens a kind of job to clients. */
export function exposeJob(definition: JobDefinition, options: ExposeJobOptions = {}): PublicJob {
  return { definition, payload: definition.payload, ...options };
}
