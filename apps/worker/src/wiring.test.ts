import { systemClock } from '@leveret/core';
import { expect, test } from 'vitest';
import { openMailer } from './wiring.ts';

test.each([['smtp://ann:secret@mail.example.com/path'], ['smtp://ann:secret%zz@mail.example.com']])(
  'the mail server %s is refused with its variable, and without its password',
  (url) => {
    const open = () => openMailer({ mail: { kind: 'smtp', url }, dataDir: '/nowhere' }, systemClock);

    expect(open).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/^LEVERET_SMTP_URL: (?!.*secret)/),
      }),
    );
  },
);
