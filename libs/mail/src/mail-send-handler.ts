import {
  type BlobStore,
  type JobContext,
  LeveretError,
  type Mail,
  type Mailer,
  type RecipientOutcome,
} from '@leveret/core';
import { type MailSendHandler, type MailSendPayload, mailSend } from '@leveret/jobs';
import { deferredMails } from './deferred-mails.ts';
import { readAttachments } from './read-attachments.ts';

/** What the handler works with. */
export interface MailSendHandlerOptions {
  readonly mailer: Mailer;
  /** Holds the attachments. */
  readonly blobs: BlobStore;
  /** The sender of every mail, and where bounces go. */
  readonly from: string;
}

/**
 * Sends the mail of a `mail.send` job. Its result lists the outcome for every recipient; those that were deferred while
 * others have the mail get a job of their own, whose ids are `deferredJobIds`.
 * It throws `MAIL_REFUSED` with the server's words when everybody was refused, `MAIL_DEFERRED` when nobody has the mail and
 * some may get it later, and what reading the attachments throws.
 */
export function createMailSendHandler({ mailer, blobs, from }: MailSendHandlerOptions): MailSendHandler {
  return async (context) => {
    const { payload, job, signal, progress } = context;
    const { to, cc = [], bcc = [], attachments = [] } = payload;
    const mail = toMail(from, payload, await readAttachments(blobs, attachments, signal));
    const recipientCount = to.length + cc.length + bcc.length;
    progress({ done: 0, text: `sending to ${recipientCount} recipient${recipientCount === 1 ? '' : 's'}` });
    const outcomes = await mailer.send(mail, { idempotencyKey: job.id, signal });
    throwUnlessAccepted(outcomes);
    const deferredJobIds = await enqueueDeferred(context, outcomes);
    return {
      recipients: outcomes.map(({ recipient, outcome, response }) => ({ recipient, outcome, response })),
      ...(deferredJobIds.length === 0 ? {} : { deferredJobIds }),
    };
  };
}

function toMail(from: string, payload: MailSendPayload, attachments: Mail['attachments']): Mail {
  const { to, cc = [], bcc = [], replyTo, subject, text, html } = payload;
  return {
    from,
    to,
    cc,
    bcc,
    subject,
    attachments,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(text === undefined ? {} : { text }),
    ...(html === undefined ? {} : { html }),
  };
}

/** When nobody has the mail, the job as a whole is tried again or given up. */
function throwUnlessAccepted(outcomes: readonly RecipientOutcome[]): void {
  if (outcomes.some(({ outcome }) => outcome === 'accepted')) return;
  const words = [...new Set(outcomes.map(({ response }) => response))].join('; ');
  const isHopeless = outcomes.every(({ outcome }) => outcome === 'refused');
  throw new LeveretError(isHopeless ? 'MAIL_REFUSED' : 'MAIL_DEFERRED', words);
}

async function enqueueDeferred(
  context: JobContext<MailSendPayload>,
  outcomes: readonly RecipientOutcome[],
): Promise<string[]> {
  const deferred = outcomes.filter(({ outcome }) => outcome === 'deferred').map(({ recipient }) => recipient);
  const jobIds: string[] = [];
  for (const mail of deferredMails(context.payload, deferred)) {
    jobIds.push(
      await context.enqueue(mailSend, mail.payload, { key: mail.key, delayMs: mailSend.retry.firstDelayMs }),
    );
  }
  return jobIds;
}
