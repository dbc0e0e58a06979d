import type { JobHeaders } from './headers.ts';
import { isUuid } from './ids.ts';

/** The header of a message that carries the id of the job that enqueued its job: its parent. */
export const PARENT_HEADER = 'leveret-parent';

/** The headers of a message whose job has this parent. */
export function withParent(headers: JobHeaders, parentId: string | undefined): JobHeaders {
  return parentId === undefined ? headers : { ...headers, [PARENT_HEADER]: parentId };
}

/** The parent that the headers of a message name, and the other headers. What is not the id of a job is no parent. */
export function splitParent(headers: JobHeaders): {
  readonly headers: JobHeaders;
  readonly parentId: string | undefined;
} {
  // Most jobs have none.
  if (headers[PARENT_HEADER] === undefined) return { headers, parentId: undefined };
  const { [PARENT_HEADER]: parentId = '', ...others } = headers;
  return { headers: others, parentId: isUuid(parentId) ? parentId : undefined };
}
