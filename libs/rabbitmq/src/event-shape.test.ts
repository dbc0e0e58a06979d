import { expect, test } from 'vitest';
import { readEvents } from './event-shape.ts';

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

function read(content: unknown) {
  return readEvents(Buffer.from(JSON.stringify(content)));
}

test('events of every known type are read, and of a type that only newer recorders know', () => {
  const failure = { code: 'HANDLER_FAILED', message: '' };
  const events = [
    succeeded,
    { ...base, type: 'accepted', payload: null, delayMs: 0 },
    { ...base, type: 'accepted', payload: null, delayMs: 0, priority: 'high' },
    { ...base, type: 'started', workerId: 'w' },
    { ...base, type: 'progress', progress: 0.5 },
    { ...base, type: 'retried', failure, delayMs: 10 },
    { ...base, type: 'dead-lettered', failure },
    { ...base, type: 'suspected', start: 1 },
    { ...base, type: 'crashed', failure, crashes: 1, delayMs: 10 },
    { ...base, type: 'held', failure, delayMs: 10 },
    { ...base, type: 'snoozed', delayMs: 10, snoozes: 1 },
    { ...base, type: 'handed-back' },
    { ...base, type: 'cancelled' },
    { ...base, type: 'constructor' },
  ];

  expect(read(events)).toEqual({ events });
});

test.each([
  ['null', null, 'it is no object'],
  ['a list', [], 'it is no object'],
  ['a text', 'x', 'it is no object'],
  ['an object without anything', {}, 'its type is missing or unfit'],
  ['one whose job id is no UUID', { ...succeeded, jobId: '7' }, 'its jobId is missing or unfit'],
  ['one whose attempt is 0', { ...succeeded, attempt: 0 }, 'its attempt is missing or unfit'],
  ['one whose moment is beyond every calendar', { ...succeeded, at: 1e18 }, 'its at is missing or unfit'],
  [
    'progress beyond the end',
    { ...base, type: 'progress', progress: 1.01 },
    'its progress is missing or unfit',
  ],
  [
    'a retry in a hundred years',
    { ...base, type: 'retried', failure: { code: 'X', message: '' }, delayMs: 3_155_760_000_000 },
    'its delayMs is missing or unfit',
  ],
  ['one whose start is a text', { ...succeeded, startedAt: 'then' }, 'its startedAt is missing or unfit'],
  ['one whose moment is a text', { ...succeeded, at: '2' }, 'its at is missing or unfit'],
  [
    'a retry without its failure',
    { ...base, type: 'retried', delayMs: 1 },
    'its failure is missing or unfit',
  ],
  ['a success without a result', { ...base, type: 'succeeded' }, 'its result is missing or unfit'],
])('%s is passed over, and its neighbours are read', (_name, entry, fault) => {
  expect(read([succeeded, entry, succeeded])).toEqual({
    events: [succeeded, succeeded],
    defect: `entry 1 is no event: ${fault}`,
  });
});

test('what is no list holds no events', () => {
  expect(read({ type: 'succeeded' })).toEqual({ events: [], defect: 'it is no list' });
  expect(readEvents(Buffer.from('{"'))).toEqual({ events: [], defect: 'it is no list' });
});
