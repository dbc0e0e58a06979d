import * as z from 'zod';

export { mailRequest } from '@leveret/jobs';

/** A mail was accepted. */
export const mailAccepted = z
  .strictObject({
    id: z.uuid(),
    jobId: z.uuid().describe('The same as id: look the outcome up at /v1/jobs/:id.'),
  })
  .meta({ id: 'MailAccepted' });
