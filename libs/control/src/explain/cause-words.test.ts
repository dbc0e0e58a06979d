import { expect, test } from 'vitest';
import { describeCause } from './cause-words.ts';
import type { Cause } from './causes.ts';

const worker = {
  ...{ instanceId: 'i', workerId: 'w1', host: 'web-1', pid: 7, version: '1', startedAt: 0, seenAt: 0 },
  ...{ queues: ['mail'], kinds: [], concurrency: 1 },
};

test.each<[Cause, object]>([
  [
    { kind: 'running', attempt: 2, workerId: 'w1', since: 5, worker },
    { text: 'attempt 2 runs on worker w1 (web-1, pid 7)', since: 5 },
  ],
  [{ kind: 'running', attempt: 1 }, { text: 'attempt 1 runs on worker unknown, which was not seen lately' }],
  [
    { kind: 'paused', pause: { queue: 'mail', by: 'ann', reason: 'server is down', at: 5 } },
    {
      text: 'queue mail is paused by ann',
      detail: 'server is down',
      advice: 'resume the queue',
      since: 5,
    },
  ],
  [
    { kind: 'delayed', until: 9, because: 'retry' },
    { text: 'it waits for its next attempt', advice: 'run it now, without waiting', until: 9 },
  ],
  [
    {
      kind: 'undispatched',
      since: 5,
      broker: { state: 'down', code: 'BROKER_UNAVAILABLE', reason: 'refused' },
    },
    {
      text: 'the broker does not have it',
      detail: 'the broker is down: refused',
      advice: 'an API process publishes it',
      since: 5,
    },
  ],
  [{ kind: 'waiting', about: 1 }, { text: 'waits for its turn: about 1 job waits in its queue' }],
  [{ kind: 'waiting', about: 1_200 }, { text: 'waits for its turn: about 1,200 jobs wait in its queue' }],
  [
    { kind: 'dead', attempts: 3, code: 'HANDLER_FAILED', message: 'disk full', since: 5 },
    {
      text: 'dead after 3 attempts',
      detail: 'HANDLER_FAILED: disk full',
      advice: 'retry it, or discard it',
      since: 5,
    },
  ],
  [{ kind: 'ended', state: 'cancelled' }, { text: 'it has ended as cancelled' }],
])('$kind is said in words', (cause, words) => {
  expect(describeCause(cause)).toEqual(words);
});
