import { defineJob, exponentialBackoff, type JobHandler, type PayloadOutput } from '@leveret/core';
import * as z from 'zod';
import { mailAddress } from './mail-address.ts';

/** Most addresses in each of `to`, `cc` and `bcc`. */
const MAX_ADDRESSES = 50;
/** Longest subject, in characters (RFC 5322, section 2.1.1: a line of 998). */
const MAX_SUBJECT_LENGTH = 900;
/** Longest body, in characters, for text and HTML each. */
const MAX_BODY_LENGTH = 400_000;

/** Whether `text` holds a character that could end a header line or confuse a reader of it. */
function hasControlCharacter(text: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(text);
}

/** One line of text without control characters, from 1 to `max` characters. */
function singleLine(max: number) {
  return z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !hasControlCharacter(text), 'must be one line without control characters')
    .refine((text) => text.trim() !== '', 'must not be blank');
}

/** The fields of a mail that a client may set. */
export const mailFields = z.strictObject({
  to: z.array(mailAddress).min(1).max(MAX_ADDRESSES),
  cc: z.array(mailAddress).max(MAX_ADDRESSES).optional(),
  bcc: z.array(mailAddress).max(MAX_ADDRESSES).optional(),
  replyTo: mailAddress.optional(),
  subject: singleLine(MAX_SUBJECT_LENGTH),
  text: z.string().max(MAX_BODY_LENGTH).optional(),
  html: z.string().max(MAX_BODY_LENGTH).optional(),
});

/** A file from blob storage that goes with a mail. Set by our own jobs only: a client cannot name a blob. */
export const mailAttachmentReference = z.strictObject({
  blobKey: z.string().min(1).max(300),
  fileName: singleLine(255),
  contentType: z.string().regex(/^[a-z]+\/[a-z0-9.+-]+$/),
  contentId: z
    .string()
    .regex(/^[a-z0-9.-]+$/)
    .optional(),
});

const hasBody = (mail: { text?: string | undefined; html?: string | undefined }) =>
  mail.text !== undefined || mail.html !== undefined;

/** Said of a mail with nothing to read in it. */
const BODY_MISSING = { path: ['text'], message: 'text or html is required' };

/** What a client sends to have a mail sent. */
export const mailRequest = mailFields.refine(hasBody, BODY_MISSING);

/** Sends one mail. Its queue is its own, so that a mail server that hangs holds up nothing else. */
export const mailSend = defineJob({
  kind: 'mail.send',
  queue: 'mail',
  payload: mailFields
    .extend({ attachments: z.array(mailAttachmentReference).max(20).optional() })
    .refine(hasBody, BODY_MISSING),
  retry: exponentialBackoff({ attempts: 8, firstDelayMs: 5_000, maxDelayMs: 3_600_000 }),
  timeoutMs: 60_000,
  blobs: ({ attachments = [] }) => attachments.map(({ blobKey }) => blobKey),
});

/** What a {@link mailSend} job carries. */
export type MailSendPayload = PayloadOutput<typeof mailSend>;
/** Does the work of {@link mailSend}. */
export type MailSendHandler = JobHandler<typeof mailSend>;
