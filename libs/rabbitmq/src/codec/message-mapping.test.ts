import { toFailure } from '@leveret/core';
import { expect, test } from 'vitest';
import type { RawDelivery } from './delivery-reader.ts';
import { asResent, toProperties, toReceived } from './message-mapping.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const NEW_ID = '0198c0de-0000-7000-8000-00000000ffff';
const NOW = 1_700_000_000_123;

/** What arrives when a producer sets these properties. */
function received(properties: Readonly<Record<string, unknown>>, body = '1') {
  const message = { properties, content: Buffer.from(body), fields: {} } as unknown as RawDelivery;
  return toReceived(message, { queue: 'mail', priority: 'normal', now: () => NOW, newId: () => NEW_ID });
}

const withHeaders = (headers: Readonly<Record<string, unknown>>) =>
  received({ messageId: ID, type: 'mail.send', headers });

test('a message with nothing but an id and a kind is the first attempt of a job, accepted now', () => {
  const bare = received({ messageId: ID, type: 'mail.send' });

  expect(bare).toEqual({
    message: {
      version: 1,
      id: ID,
      kind: 'mail.send',
      queue: 'mail',
      priority: 'normal',
      attempt: 1,
      createdAt: NOW,
      heldMs: 0,
      crashes: 0,
      snoozes: 0,
      generation: 0,
      body: Buffer.from('1'),
      headers: {},
    },
    isResent: false,
    delayLeftMs: 0,
  });
});

test.each([1, '1'])('a copy of a message that may exist already says so: %o', (flag) => {
  expect(withHeaders({ 'leveret-resent': flag })).toMatchObject({ isResent: true, message: { headers: {} } });
});

test('a publication that is repeated is the same, and says that it is a copy', () => {
  const { message } = withHeaders({ mine: 'x' });
  const publication = {
    exchange: '',
    routingKey: 'q',
    body: message.body,
    properties: toProperties(message),
  };

  const again = asResent(publication);

  expect(again).toEqual({ ...publication, properties: toProperties(message, { isResent: true }) });
  expect(received({ ...again.properties })).toEqual({ message, isResent: true, delayLeftMs: 0 });
});

test.each([
  ['an integer', 3],
  ['a double without a fraction', 3.0],
  ['decimal digits', '3'],
])('a number may be sent as %s', (_, three) => {
  const { message, delayLeftMs, defect } = withHeaders({
    'leveret-version': three,
    'leveret-attempt': three,
    'leveret-max-attempts': three,
    'leveret-held-ms': three,
    'leveret-crashes': three,
    'leveret-snoozes': three,
    'leveret-generation': three,
    'leveret-created-ms': three,
    'leveret-delay-left-ms': three,
  });

  expect(message).toMatchObject({
    version: 3,
    attempt: 3,
    maxAttempts: 3,
    heldMs: 3,
    crashes: 3,
    snoozes: 3,
    generation: 3,
    createdAt: 3,
  });
  expect([delayLeftMs, defect]).toEqual([3, undefined]);
});

test.each([
  ['leveret-version', 'two'],
  ['leveret-version', 0],
  ['leveret-attempt', 'two'],
  ['leveret-attempt', ''],
  ['leveret-attempt', ' 2'],
  ['leveret-attempt', 2.5],
  ['leveret-attempt', 0],
  ['leveret-attempt', true],
  ['leveret-attempt', Buffer.from('2')],
  ['leveret-attempt', ['2']],
  ['leveret-attempt', { '!': 'timestamp', value: 2 }],
  ['leveret-max-attempts', 'many'],
  ['leveret-max-attempts', 0],
  ['leveret-held-ms', -1],
  ['leveret-held-ms', '9007199254740993'],
  ['leveret-crashes', 'often'],
  ['leveret-crashes', -1],
  ['leveret-snoozes', 'often'],
  ['leveret-generation', '-1'],
  ['leveret-delay-left-ms', 'soon'],
])('a number that cannot be read is a defect, never a default: %s = %j', (name, value) => {
  const { defect, message } = withHeaders({ [name]: value });

  expect(defect).toContain(`header ${name} is not a whole number`);
  expect(message.id).toBe(ID);
});

test('a header without a value counts as absent', () => {
  expect(withHeaders({ 'leveret-attempt': null })).toMatchObject({ message: { attempt: 1 } });
  expect(withHeaders({ 'leveret-attempt': null }).defect).toBeUndefined();
});

test.each([
  ['message-id is missing', { type: 'mail.send' }],
  ['message-id is not a UUID in lower case: "order-17"', { messageId: 'order-17', type: 'mail.send' }],
  ['message-id is not a UUID', { messageId: ID.toUpperCase(), type: 'mail.send' }],
  ['type is missing', { messageId: ID }],
  ['type does not name a kind of job: "Mail Send"', { messageId: ID, type: 'Mail Send' }],
])(
  'a defect says what is wrong, with the value that the dead letter cannot keep: %s',
  (words, properties) => {
    expect(received(properties).defect).toContain(words);
  },
);

test('without an id there is a new one, without a kind an unknown one', () => {
  expect(received({}).message).toMatchObject({ id: NEW_ID, kind: 'unknown' });
});

test('what is not a job is not waited for', () => {
  expect(received({ messageId: 'order-17', headers: { 'leveret-delay-left-ms': 5_000 } }).delayLeftMs).toBe(
    0,
  );
  expect(withHeaders({ 'leveret-delay-left-ms': 5_000 }).delayLeftMs).toBe(5_000);
});

test('the time of acceptance is shown only: one that cannot be is passed over', () => {
  const createdAt = (properties: object) =>
    received({ messageId: ID, type: 'mail.send', ...properties }).message.createdAt;

  expect(createdAt({ timestamp: 1_600_000_000 })).toBe(1_600_000_000_000);
  expect(createdAt({ timestamp: 1_600_000_000, headers: { 'leveret-created-ms': 'yesterday' } })).toBe(
    1_600_000_000_000,
  );
  expect(createdAt({ timestamp: 1_600_000_000_000 })).toBe(NOW);
  expect(createdAt({ headers: { 'leveret-created-ms': Number.MAX_SAFE_INTEGER } })).toBe(NOW);
});

test('what a producer sends along is carried as text, what the broker adds is not, and lists and tables are not', () => {
  const { message } = withHeaders({
    traceparent: '00-1-2-01',
    tenant: 7,
    urgent: true,
    tags: ['a'],
    table: {},
    CC: ['leveret.q.mail'],
    BCC: ['x'],
    'x-death': [{}],
    'x-first-death-queue': 'leveret.delay.0.1',
    'leveret-attempt': 2,
    'leveret-failure-code': 'HANDLER_FAILED',
  });

  expect(message.headers).toEqual({ traceparent: '00-1-2-01', tenant: '7', urgent: 'true' });
});

test.each([
  ['one long one', { note: 'ü'.repeat(20_000) }],
  ['many short ones', Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`h${index}`, '']))],
])('more headers than a worker can send on are a defect, and are dropped: %s', (_, headers) => {
  const { defect, message } = withHeaders({ ...headers, 'leveret-attempt': 2 });

  expect(defect).toBe('the headers sent along are larger than 32768 bytes together');
  expect(message).toMatchObject({ attempt: 2, headers: {} });
});

test('a header of ours that only newer workers know is carried through this one', () => {
  const { message } = withHeaders({ 'leveret-version': 2, 'leveret-deadline-ms': 5_000 });

  expect(toProperties(message).headers).toMatchObject({
    'leveret-version': 2,
    'leveret-deadline-ms': '5000',
  });
});

test('a message is written as it is read', () => {
  const { message } = withHeaders({ 'leveret-attempt': 2, 'leveret-held-ms': 5_000, traceparent: '00' });

  const properties = toProperties(message, { onwardKeys: ['1>', 'leveret.q.mail'], delayLeftMs: 7 });

  expect(properties).toMatchObject({ deliveryMode: 2, contentType: 'application/json' });
  expect(properties.headers).toMatchObject({ CC: ['1>', 'leveret.q.mail'] });
  expect(received({ ...properties })).toEqual({ message, isResent: false, delayLeftMs: 7 });
});

test('a dead letter says which lane it came from, unless that is the usual one; nothing else does', () => {
  const { message } = received({ messageId: ID, type: 'mail.send' });
  const failure = toFailure('HANDLER_FAILED', 'disk full');
  const urgent = { ...message, priority: 'high' } as const;

  expect(toProperties(urgent, { failure }).headers).toMatchObject({ 'leveret-priority': 'high' });
  expect(toProperties(urgent).headers).not.toHaveProperty('leveret-priority');
  expect(toProperties(message, { failure }).headers).not.toHaveProperty('leveret-priority');
});

test('a message has the priority of the lane that it came from, whatever it says of itself', () => {
  const { message } = withHeaders({ 'leveret-priority': 'high' });

  expect(message).toMatchObject({ priority: 'normal', headers: {} });
});
