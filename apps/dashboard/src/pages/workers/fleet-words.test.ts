import { expect, test } from 'vitest';
import type { Worker } from '../../api/workers.ts';
import { fleetWords } from './fleet-words.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const WORKER: Worker = {
  instanceId: 'a',
  workerId: 'mail-1',
  host: 'one',
  pid: 1,
  version: '4.2.0',
  queues: ['mail'],
  kinds: ['mail.send'],
  concurrency: 8,
  startedAt: new Date(0),
  seenAt: new Date(0),
  load: {
    rssBytes: 1,
    cpuShare: 0,
    eventLoopDelayMs: 0,
    slots: [{ queue: 'mail', size: 8, busy: 3 }],
    running: [],
  },
};

test('workers are counted, and so are their slots', () => {
  expect(plain(fleetWords([WORKER, { ...WORKER, load: undefined }]))).toBe('2 workers, 3 of 8 slots busy.');
});

test('workers of several versions are said to be so', () => {
  expect(plain(fleetWords([WORKER, { ...WORKER, version: '4.1.9' }]))).toBe(
    '2 workers, 6 of 16 slots busy. They run 2 versions.',
  );
});
