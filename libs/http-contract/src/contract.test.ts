import { expect, test } from 'vitest';
import { jobRequest } from './jobs.ts';
import { mailRequest } from './mails.ts';
import { videoUploadQuery } from './videos.ts';

const unknownKeys = (outcome: {
  error?: { issues: readonly { code: string; keys?: readonly string[] }[] } | undefined;
}) => outcome.error?.issues.flatMap((issue) => issue.keys ?? []);

test('an unknown field is refused by its name', () => {
  const mail = { to: ['ann@example.com'], subject: 'Hello', text: 'Hi', priority: 9, headers: {} };

  expect(unknownKeys(mailRequest.safeParse(mail))).toEqual(['priority', 'headers']);
  expect(unknownKeys(videoUploadQuery.safeParse({ notify: 'ann@example.com', queue: 'x' }))).toEqual([
    'queue',
  ]);
  expect(unknownKeys(jobRequest.safeParse({ payload: {}, id: 'x', attempt: 3 }))).toEqual(['id', 'attempt']);
});

test('a key that would reach a prototype is refused like any other', () => {
  const hostile: unknown = JSON.parse('{"payload":{},"__proto__":{"polluted":true},"constructor":{}}');

  expect(jobRequest.safeParse(hostile).success).toBe(false);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test.each([[-1], [1.5], [Number.POSITIVE_INFINITY], ['5'], [400_000_000_000]])(
  'a delay of %s is refused',
  (delayMs) => {
    expect(jobRequest.safeParse({ payload: {}, delayMs }).success).toBe(false);
  },
);

test.each([
  ['not-an-address'],
  ['Ann <ann@example.com>'],
  ['a@example.com,b@example.com'],
  ['a@example.com\r\nBcc: b@x.y'],
])('notifying %j is refused', (notify) => {
  expect(videoUploadQuery.safeParse({ notify }).success).toBe(false);
});
