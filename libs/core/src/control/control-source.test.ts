import { expect, test } from 'vitest';
import { LeveretError } from '../errors/errors.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createControlSource, NOTE_EVERY_MS } from './control-source.ts';
import type { ControlView, WorkerPresence } from './control-view.ts';

const presence: WorkerPresence = {
  ...{ instanceId: 'i', workerId: 'w', host: 'h', pid: 1, version: '1', queues: ['q'], kinds: ['k'] },
  ...{ concurrency: 1, startedAt: 0 },
};
const request = { instanceId: 'i', queues: ['q'], afterSeq: 0, presence };
const view: ControlView = { seq: 0, superseded: [], isComplete: true, supersededCount: 0, paused: [] };

/** A source over a ledger that records what is done, in order. */
function setUp() {
  const clock = createManualClock();
  const calls: string[] = [];
  const line = { canWrite: true };
  const note = async (name: string) => {
    calls.push(name);
    if (!line.canWrite) throw new LeveretError('STORE_UNAVAILABLE', 'away');
  };
  const source = createControlSource(
    {
      noteWorker: ({ instanceId }) => note(`note ${instanceId}`),
      forgetWorker: (instanceId) => note(`forget ${instanceId}`),
      async view() {
        calls.push('view');
        return view;
      },
    },
    clock,
  );
  return { clock, calls, line, source };
}

test('a worker is noted before it is answered, and then every five seconds', async () => {
  const { clock, calls, source } = setUp();

  await source.view(request);
  await source.view(request);
  await clock.advance(NOTE_EVERY_MS);
  await source.view(request);

  expect(calls).toEqual(['note i', 'view', 'view', 'note i', 'view']);
});

test('a worker that cannot be noted is not answered; one that was noted is, while the ledger cannot be written', async () => {
  const { clock, line, source } = setUp();
  line.canWrite = false;
  await expect(source.view(request)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  line.canWrite = true;
  await source.view(request);

  line.canWrite = false;
  await clock.advance(NOTE_EVERY_MS);

  expect(await source.view(request)).toEqual(view);
});

test('a worker that was not noted for ten seconds is noted before it is answered again', async () => {
  const { clock, calls, line, source } = setUp();
  await source.view(request);
  await clock.advance(10_000);

  await source.view(request);
  line.canWrite = false;
  await clock.advance(10_000);

  await expect(source.view(request)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(calls).toEqual(['note i', 'view', 'note i', 'view', 'note i']);
});

test('a worker that leaves is forgotten, and noted when it asks again', async () => {
  const { calls, source } = setUp();
  await source.view(request);

  await source.leave('i');
  await source.view(request);

  expect(calls).toEqual(['note i', 'view', 'forget i', 'note i', 'view']);
});
