import { expect, test } from 'vitest';
import { mailOf } from './mail-of.ts';

const MAIL = { to: ['ann@example.com'], subject: 'Your "order"', text: 'Hello\nAnn' };

test('a payload with addresses, a subject and a text is an email', () => {
  expect(
    mailOf(JSON.stringify({ ...MAIL, id: 1, replyTo: 'shop@example.com', html: '<b>Hello</b>' })),
  ).toEqual({
    ...{ from: undefined, to: MAIL.to, cc: [], bcc: [], replyTo: 'shop@example.com' },
    ...{ subject: 'Your "order"', text: 'Hello\nAnn', html: '<b>Hello</b>' },
  });
});

test('one address, one copy, and a redacted address are addresses', () => {
  const text = JSON.stringify({
    ...MAIL,
    from: 'shop@example.com',
    to: '[redacted]',
    cc: 'ben@example.com',
    bcc: [],
  });

  expect(mailOf(text)).toMatchObject({
    ...{ from: 'shop@example.com', to: ['[redacted]'], cc: ['ben@example.com'], bcc: [] },
  });
});

test.each([
  ['no address', { ...MAIL, to: [] }],
  ['no subject', { ...MAIL, subject: undefined }],
  ['a subject that is no text', { ...MAIL, subject: 7 }],
  ['nothing to read', { ...MAIL, text: undefined }],
  ['a list around it', [MAIL]],
  ['only a text', 'to'],
])('a payload with %s is no email', (_name, payload) => {
  expect(mailOf(JSON.stringify(payload))).toBeUndefined();
});
