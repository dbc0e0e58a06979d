import { failureOf } from '@leveret/core';
import { expect, test } from 'vitest';
import { stackLines } from './stack-lines.ts';

test('frames of the application are told from those of Node and of packages', () => {
  const lines = stackLines(
    [
      'at sendMail (/app/libs/mail/src/smtp.ts:88:11)',
      'at async Pool.run (/app/node_modules/pool/index.js:1:1)',
      'at async Promise.all (index 0)',
      'at TCPConnectWrap.afterConnect (node:net:1611:16)',
    ].join('\n'),
  );

  expect(lines.map(({ isOwn }) => isOwn)).toEqual([true, false, false, false]);
});

test('a stack is read as failures hold it', () => {
  const { stack = '' } = failureOf(new Error('disk full'));

  const [first] = stackLines(stack);

  expect(first?.text).toContain('stack-lines.test.ts');
  expect(first?.isOwn).toBe(true);
});
