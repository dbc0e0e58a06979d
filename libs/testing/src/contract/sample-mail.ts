import type { Mail } from '@leveret/core';

/** A mail to one person, with `fields` in place of its own. */
export function sampleMail(fields: Partial<Mail> = {}): Mail {
  return {
    from: 'videos@leveret.example',
    to: ['ann@example.com'],
    cc: [],
    bcc: [],
    subject: 'Your pictures are ready',
    text: 'Here they are.',
    attachments: [],
    ...fields,
  };
}
