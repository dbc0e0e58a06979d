import { exposeJob, type PublicJob } from '@leveret/http';
import { mailRequest, mailSend } from '@leveret/jobs';

/**
 * The kinds that clients may ask for by `POST /v1/jobs/:kind`. A mail is taken without attachments, which name blobs; the
 * thumbnails of a video are asked for by uploading it, because their payload names a blob as well. Of the result of a mail
 * nothing is shown: it names everybody who got it, and the server that took it.
 */
export const publicJobs: ReadonlyMap<string, PublicJob> = new Map([
  [mailSend.kind, exposeJob(mailSend, { payload: mailRequest })],
]);
