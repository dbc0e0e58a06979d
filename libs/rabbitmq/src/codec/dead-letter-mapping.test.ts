import { toFailure } from '@leveret/core';
import { expect, test } from 'vitest';
import { NAMES } from '../../fixtures/names.ts';
import { toDeadLetter } from './dead-letter-mapping.ts';
import type { RawDelivery } from './delivery-reader.ts';
import { toProperties, toReceived } from './message-mapping.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const CONTEXT = { queue: 'mail', names: NAMES, now: () => 1_700_000_000_123, newId: () => 'new' };

/** The dead letter that comes when the broker has these properties. */
function letterOf(properties: Readonly<Record<string, unknown>>, redelivered = false, isAgain = false) {
  const raw = { properties, content: Buffer.from('1'), fields: { deliveryTag: 1, redelivered } };
  return toDeadLetter(raw as RawDelivery, CONTEXT, isAgain);
}

const withHeaders = (headers: Readonly<Record<string, unknown>>) =>
  letterOf({ messageId: ID, type: 'mail.send', headers });

const death = (queue: string, reason: string) => ({ queue, reason, count: 1, 'routing-keys': ['mail'] });

test('a dead letter of a worker has its reason and the lane that it came from', () => {
  const failure = { ...toFailure('HANDLER_FAILED', 'disk full'), errorCode: 'ENOSPC' };
  const { message } = toReceived(
    { properties: { messageId: ID, type: 'mail.send' }, content: Buffer.from('1') },
    { ...CONTEXT, priority: 'high' },
  );

  const letter = letterOf({ ...toProperties(message, { failure }) });

  expect(letter).toMatchObject({ failure, message: { id: ID, priority: 'high' } });
  expect(letter).not.toHaveProperty('defect');
});

test.each([
  ['delivery_limit', 'DELIVERY_LIMIT', 'more often than the broker allows'],
  ['expired', 'BROKER_DEAD_LETTERED', 'it expired'],
  ['maxlen', 'BROKER_DEAD_LETTERED', 'the queue was full'],
  ['rejected', 'BROKER_DEAD_LETTERED', 'a consumer rejected it'],
  ['bored', 'BROKER_DEAD_LETTERED', 'the broker says "bored"'],
])(
  'of a dead letter that the broker made, x-death says why and from which lane: %s',
  (reason, code, words) => {
    // On its way through the delay wheel it expired there, too.
    const deaths = [death('leveret.delay.0.1', 'expired'), death('leveret.q.mail.low', reason)];

    const { failure, message } = withHeaders({ 'x-death': deaths });

    expect(failure.code).toBe(code);
    expect(failure.message).toContain(words);
    expect(message.priority).toBe('low');
  },
);

test.each([
  ['nothing', {}],
  ['an unknown code', { 'leveret-failure-code': 'NO_SUCH_CODE' }],
  ['deaths elsewhere', { 'x-death': [death('leveret.q.video', 'expired'), null, 7] }],
  ['what is no list of deaths', { 'x-death': 'expired', 'leveret-priority': 'urgent' }],
])('a dead letter that says %s has no reason, and is of the usual lane', (_, headers) => {
  expect(withHeaders(headers)).toMatchObject({
    failure: { code: 'HANDLER_FAILED', message: expect.stringContaining('does not say why') },
    message: { priority: 'normal' },
  });
});

test('what is not a job says so', () => {
  expect(letterOf({ type: 'Send Mail' }).defect).toBe('property message-id is missing');
});

test('all its properties are kept, the same each time it comes', () => {
  const headers = { note: 'a', list: [1, { '!': 'timestamp', value: 5 }] };
  const properties = { contentType: 'text/plain', correlationId: 'c', headers };
  const other = { 'x-delivery-count': 2, list: [1, { value: 5, '!': 'timestamp' }], note: 'a' };
  const again = { ...properties, headers: { ...other, 'x-acquired-count': 3 } };

  const [first, second] = [letterOf(properties), letterOf(again, true)];

  expect(JSON.parse(first.properties)).toEqual(properties);
  expect(second.properties).toBe(first.properties);
  expect([first.isReturned, second.isReturned, letterOf(properties, false, true).isReturned]).toEqual([
    false,
    true,
    true,
  ]);
});
