import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, LeveretError, type Mailer, messageOf } from '@leveret/core';
import { createTransport } from 'nodemailer';
import { toMailMessage } from './mail-message.ts';
import { recipientsOf } from './recipients.ts';

/** Where mails go that are not sent. */
export interface CaptureMailerOptions {
  /** The folder; made with the first mail. */
  readonly folder: string;
  /** Dates the mails. */
  readonly clock: Clock;
}

/** What a file can be called on any system, without beginning with a dot. */
const FILE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;
/** Owner reads and writes, group reads: mails are nobody else's business. */
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/**
 * Writes mails to a folder in place of sending them: one whole `.eml` file for each, named by the idempotency key, or by its
 * SHA-256 when that cannot name a file. Sent twice it is one file, the later. It shows `Bcc`, as the sender's own copy
 * does. Everybody accepts; `send` throws `MAIL_DEFERRED` when the folder cannot be written.
 */
export function createCaptureMailer({ folder, clock }: CaptureMailerOptions): Mailer {
  const composer = createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  let isClosed = false;
  return {
    async send(mail, { idempotencyKey, signal }) {
      signal.throwIfAborted();
      if (isClosed) throw new LeveretError('MAIL_DEFERRED', 'the mailer is closed');
      const { message } = await composer.sendMail(toMailMessage(mail, { idempotencyKey }, clock));
      signal.throwIfAborted();
      const fileName = `${toFileName(idempotencyKey)}.eml`;
      await writeWhole(folder, fileName, message as Buffer);
      return recipientsOf(mail).map((recipient) => ({
        recipient,
        outcome: 'accepted',
        response: `captured in ${fileName}`,
      }));
    },
    async close() {
      isClosed = true;
    },
  };
}

function toFileName(idempotencyKey: string): string {
  return FILE_NAME.test(idempotencyKey)
    ? idempotencyKey
    : createHash('sha256').update(idempotencyKey).digest('hex');
}

/** Nobody who looks into the folder sees half a mail. */
async function writeWhole(folder: string, fileName: string, bytes: Uint8Array): Promise<void> {
  const unfinished = join(folder, `.${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    await writeFile(unfinished, bytes, { flag: 'wx', mode: FILE_MODE, flush: true });
    await rename(unfinished, join(folder, fileName));
  } catch (cause) {
    // What went wrong is worth more than whether this works too.
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw new LeveretError('MAIL_DEFERRED', `the mail cannot be written to ${folder}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
