import { expect, test } from 'vitest';
import { mailAddress } from './mail-address.ts';
import { mailRequest } from './mail-send.ts';

test('an address that is too long is refused for its length alone: its form is not looked at', () => {
  const { error } = mailAddress.safeParse(`${'a.'.repeat(500)}@x`);

  expect(error?.issues.map(({ code }) => code)).toEqual(['too_big']);
});

test.each([' ', '\t', '  \u00a0'])('a subject that shows nothing (%j) is refused', (subject) => {
  expect(mailRequest.safeParse({ to: ['ann@example.com'], subject, text: 't' }).success).toBe(false);
});
