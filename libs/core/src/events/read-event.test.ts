import { expect, test } from 'vitest';
import { failureOf, MAX_FAILURE_BYTES } from '../errors/failure.ts';
import { MAX_LOGGED_FIELD_BYTES, MAX_LOGGED_LINES } from '../logging/logged-line.ts';
import { isLogged } from './events.ts';
import { readEvent } from './read-event.ts';

const base = {
  jobId: '01900000-0000-7000-8000-000000000000',
  kind: 'a.b',
  queue: 'q',
  attempt: 1,
  maxAttempts: 3,
  createdAt: 1,
  at: 2,
};
const succeeded = { ...base, type: 'succeeded', result: null };

const failure = { code: 'HANDLER_FAILED', message: '' };
const line = { number: 1, at: 2, level: 'info', message: 'decoding' };

test.each([
  succeeded,
  { ...succeeded, state: 'succeeded', workerId: 'w', version: '1', run: 2 },
  { ...base, type: 'accepted', payload: null, delayMs: 0 },
  { ...base, type: 'accepted', payload: null, delayMs: 0, priority: 'high', headers: { traceparent: 't' } },
  { ...base, type: 'accepted', payload: null, delayMs: 0, parentId: base.jobId },
  { ...base, type: 'started', workerId: 'w' },
  { ...base, type: 'progress', progress: 0.5, state: 'of a newer version, and of no account here' },
  { ...base, type: 'progress', progress: 0.5, done: 1, total: 2, text: 'page 1', host: 'h' },
  { ...base, type: 'logged', bestEffort: true, lines: [line, { ...line, number: 2, fields: { frame: 7 } }] },
  { ...base, type: 'retried', failure, delayMs: 10 },
  { ...base, type: 'retried', failure: { code: 'A_NEWER_CODE', message: '', stack: 's' }, delayMs: 10 },
  { ...base, type: 'dead-lettered', failure },
  { ...base, type: 'suspected', start: 1 },
  { ...base, type: 'crashed', failure, crashes: 1, delayMs: 10 },
  { ...base, type: 'held', failure, delayMs: 10 },
  { ...base, type: 'snoozed', delayMs: 10, snoozes: 1 },
  { ...base, type: 'handed-back' },
])('an event of a known type is read as it is: $type', (event) => {
  expect(readEvent(event)).toEqual({ kind: 'event', event });
});

test('lines and texts of progress are kept within the bounds of those that are made here, whoever reports them', () => {
  const long = '\0'.repeat(100_000);
  const foreign = {
    ...line,
    at: 2.5,
    message: long,
    fields: { long, list: Array(1_000).fill(long) },
    secret: long,
  };
  const entry = { ...base, type: 'logged', lines: Array(1_000).fill(foreign) };

  const read = readEvent(entry);
  const progress = readEvent({ ...base, type: 'progress', progress: 0.5, text: `a\n${'x'.repeat(1_000)}` });

  if (read.kind !== 'event' || !isLogged(read.event)) return expect.unreachable();
  const [first = expect.unreachable()] = read.event.lines;
  expect(read.event.lines).toHaveLength(MAX_LOGGED_LINES);
  expect(Object.keys(first)).toEqual(['number', 'at', 'level', 'message', 'fields']);
  expect(first).toMatchObject({ at: 2, message: `${'\u2400'.repeat(999)}…` });
  expect(Buffer.byteLength(JSON.stringify(first.fields))).toBeLessThanOrEqual(MAX_LOGGED_FIELD_BYTES);
  expect(progress).toMatchObject({ event: { text: `a ${'x'.repeat(197)}…` } });
});

test('a failure is kept within the bounds of one that is made here, whoever reports it', () => {
  const long = 'x'.repeat(100_000);
  const cause = { name: long, message: long, stack: long, code: long, secret: long };
  const foreign = {
    code: long,
    message: long,
    name: long,
    stack: long,
    errorCode: long,
    causes: Array(100).fill(cause),
  };

  const read = readEvent({ ...base, type: 'retried', delayMs: 10, failure: { ...foreign, more: long } });

  expect(read).toMatchObject({
    kind: 'event',
    event: { type: 'retried', failure: { message: /^x{999}…$/ } },
  });
  expect(JSON.stringify(read).length).toBeLessThan(MAX_FAILURE_BYTES + 300);
});

test('a failure that was made here is read as it is', () => {
  const inner = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const failure = failureOf(
    new TypeError('fetch failed'.repeat(200), { cause: new AggregateError([inner, inner]) }),
  );

  expect(readEvent({ ...base, type: 'dead-lettered', failure })).toMatchObject({ event: { failure } });
});

test('what a worker says of itself is cut, and a result over the limit is left out: the outcome counts all the same', () => {
  const long = 'x'.repeat(70_000);

  const read = readEvent({ ...succeeded, result: [long], workerId: long, instanceId: long, version: long });

  const kept = `${'x'.repeat(199)}…`;
  expect(read).toEqual({
    kind: 'event',
    event: { ...succeeded, result: null, workerId: kept, instanceId: kept, version: kept },
  });
});

test.each([{ kind: 'x'.repeat(101) }, { kind: 'Not A Kind' }, { queue: 'x'.repeat(101) }, { queue: 'a.b' }])(
  'names of no kind and no queue are defects: %j',
  (wrong) => {
    expect(readEvent({ ...succeeded, ...wrong })).toMatchObject({ kind: 'defect' });
  },
);

test.each([
  { ...base, type: 'expired', state: 'expired', by: 'ann' },
  { ...base, type: 'expired', state: 'expired', failure, startedAt: 1 },
  { ...base, type: 'postponed', state: 'scheduled', dueAt: 70, delayMs: 5 },
  { ...base, type: 'constructor', state: 'dead', failure },
])('an outcome of a type that is not known can be applied by its state: $type', (event) => {
  expect(readEvent(event)).toEqual({ kind: 'event', event });
});

test.each([
  [{ ...base, type: 'expired' }, 'type "expired"'],
  [{ ...base, type: 'toString' }, 'type "toString"'],
  [{ ...base, type: 'parked', state: 'parked' }, 'state "parked"'],
  [{ ...base, type: 'paused', state: 'running' }, 'state "running"'],
  [{ ...base, type: 'counted', state: 7 }, 'state 7'],
  [{ ...succeeded, state: 'archived' }, 'state "archived"'],
])('what only a newer version can apply is no defect: %j', (event, what) => {
  expect(readEvent(event)).toEqual({
    kind: 'unknown',
    type: event.type,
    isBestEffort: false,
    reason: `this version does not know its ${what}`,
  });
  expect(readEvent({ ...event, bestEffort: true })).toMatchObject({ kind: 'unknown', isBestEffort: true });
});

test.each([
  ['null', null, 'it is not an object'],
  ['a list', [], 'it is not an object'],
  ['a text', 'x', 'it is not an object'],
  ['an object without anything', {}, 'its type is missing or invalid'],
  ['one whose type is no text', { ...succeeded, type: 7 }, 'its type is missing or invalid'],
  ['one whose job id is no UUID', { ...succeeded, jobId: '7' }, 'its jobId is missing or invalid'],
  ['one whose attempt is 0', { ...succeeded, attempt: 0 }, 'its attempt is missing or invalid'],
  ['one whose moment is beyond every calendar', { ...succeeded, at: 1e18 }, 'its at is missing or invalid'],
  ['one whose run is a fraction', { ...succeeded, run: 0.5 }, 'its run is missing or invalid'],
  [
    'progress beyond the end',
    { ...base, type: 'progress', progress: 1.01 },
    'its progress is missing or invalid',
  ],
  [
    'progress of less than nothing',
    { ...base, type: 'progress', progress: 0, done: -1, total: 2 },
    'its done is missing or invalid',
  ],
  ['lines that are no list', { ...base, type: 'logged', lines: 'x' }, 'its lines is missing or invalid'],
  [
    'a line without a number',
    { ...base, type: 'logged', lines: [{ ...line, number: 0 }] },
    'its lines is missing or invalid',
  ],
  [
    'a line of a level that there is not',
    { ...base, type: 'logged', lines: [{ ...line, level: 'loud' }] },
    'its lines is missing or invalid',
  ],
  [
    'a retry in a hundred years',
    { ...base, type: 'retried', failure: { code: 'X', message: '' }, delayMs: 3_155_760_000_000 },
    'its delayMs is missing or invalid',
  ],
  ['one whose start is a text', { ...succeeded, startedAt: 'then' }, 'its startedAt is missing or invalid'],
  ['one whose moment is a text', { ...succeeded, at: '2' }, 'its at is missing or invalid'],
  [
    'a retry without its failure',
    { ...base, type: 'retried', delayMs: 1 },
    'its failure is missing or invalid',
  ],
  ['a success without a result', { ...base, type: 'succeeded' }, 'its result is missing or invalid'],
  [
    'an outcome of a newer version whose failure is a text',
    { ...base, type: 'expired', state: 'expired', failure: 'no' },
    'its failure is missing or invalid',
  ],
])('%s is a defect', (_name, entry, reason) => {
  expect(readEvent(entry)).toEqual({ kind: 'defect', reason });
});

test('moments are whole milliseconds', () => {
  const read = readEvent({ ...succeeded, at: 2.9, createdAt: 1.5, startedAt: 1.999 });

  expect(read).toMatchObject({ kind: 'event', event: { at: 2, createdAt: 1, startedAt: 1 } });
});
