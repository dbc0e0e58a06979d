import { exposeJob, type PublicJob } from '@leveret/http';
import { mailRequest, mailSend } from '@leveret/jobs';

/**
 * The kinds that clients may ask for by `POST /v1/jobs/:kind`. A mail is taken without attachments, which name blobs; the
 * thumbnails of a video are asked for by uploading it, because their payload names a blob as well.
 */
export const publicJobs: ReadonlyMap<string, PublicJob> = new Map([
  [mailSend.kind, exposeJob(mailSend, mailRequest)],
]);
