import { expect, test } from 'vitest';
import { endsMessage, generationOf, type JobEvent, type RecordableEvent } from './events.ts';

const base = { jobId: 'j', kind: 'k', queue: 'q', attempt: 1, maxAttempts: 3, createdAt: 1, at: 2 };
const failure = { code: 'HANDLER_FAILED', message: 'm' } as const;

test('nothing follows the message of an outcome that is terminal, nor one that was superseded', () => {
  const last: readonly RecordableEvent[] = [
    { ...base, type: 'succeeded', result: null },
    { ...base, type: 'dead-lettered', failure },
    { ...base, type: 'cancelled' },
    { ...base, type: 'superseded' },
    { ...base, type: 'overdue', state: 'expired' },
  ];
  const others: readonly RecordableEvent[] = [
    { ...base, type: 'accepted', payload: 1, delayMs: 0 },
    { ...base, type: 'started', workerId: 'w' },
    { ...base, type: 'retried', failure, delayMs: 1 },
    { ...base, type: 'snoozed', delayMs: 1, snoozes: 1 },
    { ...base, type: 'postponed', state: 'scheduled' },
  ];

  expect(last.map(endsMessage)).toEqual(last.map(() => true));
  expect(others.map(endsMessage)).toEqual(others.map(() => false));
});

test('an event without a generation is about generation 0', () => {
  const started: JobEvent = { ...base, type: 'started', workerId: 'w' };

  expect([started, { ...started, generation: 2 }].map(generationOf)).toEqual([0, 2]);
});
