import { createHash } from 'node:crypto';
import type { Clock, Mail, SendOptions } from '@leveret/core';
import type { SendMailOptions } from 'nodemailer';
import { recipientsOf } from './recipients.ts';

/** One address and nothing more: no list, no display name, no line break. */
const ADDRESS = /^[^\s<>,;:"()[\]\\@\p{Cc}]+@[^\s<>,;:"()[\]\\@\p{Cc}]+$/u;
/** Ends a header line, or confuses a reader of it. */
const CONTROL_CHARACTER = /[\p{Cc}\u2028\u2029]/u;
const CONTENT_TYPE = /^[\w.+-]+\/[\w.+-]+$/;
const CONTENT_ID = /^[\w.@+-]+$/;
/** Longest name of an attachment, in characters. */
const MAX_FILE_NAME_LENGTH = 255;
/** Hexadecimal digits of a Message-ID: 128 bits. */
const MESSAGE_ID_DIGITS = 32;

/**
 * The mail as nodemailer takes it, built field by field: nothing of it names a file or an address to fetch from.
 *
 * @throws {RangeError} when an address, the subject or an attachment holds what does not belong into a header, or nobody
 *   is to get the mail.
 */
export function toMailMessage(
  mail: Mail,
  { idempotencyKey }: Pick<SendOptions, 'idempotencyKey'>,
  clock: Clock,
): SendMailOptions {
  const { from, to, cc, bcc, replyTo, subject, text, html, attachments } = mail;
  checkMail(mail);
  return {
    disableFileAccess: true,
    disableUrlAccess: true,
    xMailer: false,
    messageId: `<${messageIdOf(idempotencyKey)}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    date: new Date(clock.now()),
    envelope: { from, to: [...recipientsOf(mail)] },
    from: named(from),
    to: to.map(named),
    cc: cc.map(named),
    bcc: bcc.map(named),
    ...(replyTo === undefined ? {} : { replyTo: named(replyTo) }),
    subject,
    ...(text === undefined ? {} : { text }),
    ...(html === undefined ? {} : { html }),
    attachments: attachments.map(({ fileName, contentType, content, contentId }) => ({
      filename: fileName,
      contentType,
      content: Buffer.from(content.buffer, content.byteOffset, content.byteLength),
      contentDisposition: contentId === undefined ? ('attachment' as const) : ('inline' as const),
      ...(contentId === undefined ? {} : { cid: contentId }),
    })),
  };
}

/** An address that is not parsed any more. */
function named(address: string) {
  return { name: '', address };
}

/** A digest, so that the id of a job, which is no business of a reader, is not in the mail. */
function messageIdOf(idempotencyKey: string): string {
  return createHash('sha256').update(idempotencyKey).digest('hex').slice(0, MESSAGE_ID_DIGITS);
}

function checkMail(mail: Mail): void {
  const { from, to, cc, bcc, replyTo, subject, attachments } = mail;
  const addresses = [from, ...(replyTo === undefined ? [] : [replyTo]), ...to, ...cc, ...bcc];
  if (!addresses.every((address) => ADDRESS.test(address)))
    throw new RangeError('a mail address is not one address');
  if (to.length + cc.length + bcc.length === 0) throw new RangeError('the mail is for nobody');
  if (CONTROL_CHARACTER.test(subject)) throw new RangeError('the subject holds control characters');
  for (const { fileName, contentType, contentId = 'none' } of attachments) {
    if (CONTROL_CHARACTER.test(fileName) || fileName.length > MAX_FILE_NAME_LENGTH) {
      throw new RangeError(
        `the name of an attachment is longer than ${MAX_FILE_NAME_LENGTH} or holds control characters`,
      );
    }
    if (!CONTENT_TYPE.test(contentType))
      throw new RangeError('the type of an attachment is not of the form a/b');
    if (!CONTENT_ID.test(contentId)) throw new RangeError('the content id of an attachment is not one word');
  }
}
