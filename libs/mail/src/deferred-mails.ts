import { createHash } from 'node:crypto';
import type { MailSendPayload } from '@leveret/jobs';
import { recipientKey } from './recipients.ts';

/** A mail that is sent again to some of its recipients. */
export interface DeferredMail {
  readonly payload: MailSendPayload;
  /** The same for the same recipients. */
  readonly key: string;
}

/**
 * The mails that reach `recipients` alone. It is one, unless only hidden recipients are left: then each gets one, because
 * a mail needs somebody it is addressed to, and they must not learn of each other.
 */
export function deferredMails(
  payload: MailSendPayload,
  recipients: readonly string[],
): readonly DeferredMail[] {
  const keys = new Set(recipients.map(recipientKey));
  const left = (addresses: readonly string[] = []) =>
    addresses.filter((address) => keys.has(recipientKey(address)));
  const [to, cc, bcc] = [left(payload.to), left(payload.cc), left(payload.bcc)];
  if (to.length > 0) return [mailTo(payload, { to, cc, bcc })];
  if (cc.length > 0) return [mailTo(payload, { to: cc, cc: [], bcc })];
  return [...new Map(bcc.map((address) => [recipientKey(address), address])).values()].map((address) =>
    mailTo(payload, { to: [address], cc: [], bcc: [] }),
  );
}

interface Recipients {
  readonly to: string[];
  readonly cc: string[];
  readonly bcc: string[];
}

function mailTo(payload: MailSendPayload, recipients: Recipients): DeferredMail {
  const everybody = Object.values(recipients).flat().map(recipientKey).sort();
  // Not simply "deferred": when the job runs twice, others may be deferred, and they need a job of their own.
  const key = `deferred-${createHash('sha256').update(everybody.join('\n')).digest('hex').slice(0, 32)}`;
  return { payload: { ...payload, ...recipients }, key };
}
