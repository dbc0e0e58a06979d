import { expect, test } from 'vitest';
import { stackLines } from './stack-lines.ts';

test('frames of the application are told from those of Node and of packages', () => {
  const lines = stackLines(
    [
      'MailUnavailable: the mail server cannot be reached',
      '    at sendMail (/app/libs/mail/src/smtp.ts:88:11)',
      '    at async Pool.run (/app/node_modules/pool/index.js:1:1)',
      '    at async Promise.all (index 0)',
      '    at TCPConnectWrap.afterConnect (node:net:1611:16)',
    ].join('\n'),
  );

  expect(lines.map(({ isOwn }) => isOwn)).toEqual([false, true, false, false, false]);
});
