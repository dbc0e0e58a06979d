import {
  type ControlSource,
  type ControlView,
  type ControlViewRequest,
  LeveretError,
  NOTHING_DECIDED,
  type SupersededMessage,
  silentLogger,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createWorkerControl } from './worker-control.ts';

/** What a worker knows, of a ledger that a test decides in. */
async function setUp() {
  const clock = createManualClock();
  const asked: ControlViewRequest[] = [];
  const told: unknown[] = [];
  const warnings: string[] = [];
  const entries: { readonly seq: number; readonly message: SupersededMessage }[] = [];
  const ledger = { isUp: true, pageSize: 1_000, paused: [] as string[], left: [] as string[], seq: 0 };

  function viewOf(afterSeq: number): ControlView {
    const later = entries.filter(({ seq }) => seq > afterSeq);
    const page = later.slice(0, ledger.pageSize);
    const isComplete = page.length === later.length;
    return {
      ...NOTHING_DECIDED,
      seq: isComplete ? ledger.seq : (page.at(-1)?.seq ?? 0),
      superseded: page.map(({ message }) => message),
      isComplete,
      supersededCount: entries.length,
      paused: ledger.paused.map((queue) => ({ queue, by: 'ann', at: 1 })),
    };
  }

  const source: ControlSource = {
    async view(request) {
      asked.push(request);
      if (!ledger.isUp) throw new LeveretError('STORE_UNAVAILABLE', 'away');
      return viewOf(request.afterSeq);
    },
    async leave(instanceId) {
      ledger.left.push(instanceId);
    },
  };
  const control = createWorkerControl({
    source,
    live: {
      async ask(address, question) {
        told.push([address, question]);
        return { kind: 'answered', answer: null };
      },
    },
    presence: {
      instanceId: 'i',
      workerId: 'w',
      host: 'h',
      pid: 1,
      version: '1',
      queues: ['q'],
      kinds: ['k'],
      concurrency: 1,
      startedAt: 0,
    },
    load: () => ({ rssBytes: asked.length, cpuShare: 0, eventLoopDelayMs: 0, slots: [], running: [] }),
    clock,
    logger: { ...silentLogger, warn: (_fields, message) => void warnings.push(message) },
  });
  const changes = { count: 0 };
  control.onChange(() => {
    changes.count += 1;
  });
  const starting = control.start();
  await clock.advance(0);
  await starting;
  return {
    clock,
    asked,
    told,
    warnings,
    ledger,
    control,
    changes,
    entries,
    supersede(jobId: string, generation = 0) {
      ledger.seq += 1;
      entries.push({ seq: ledger.seq, message: { jobId, generation } });
    },
  };
}

test('jobs start while the ledger answers, and it is asked more than once a second', async () => {
  const { clock, control, asked } = await setUp();

  for (let ms = 0; ms < 5_000; ms += 50) {
    await clock.advance(50);
    expect(control.mayStart('q')).toBe(true);
  }
  expect(asked.length).toBeGreaterThan(10);
});

test('each question says what the worker is and does now', async () => {
  const { clock, asked } = await setUp();

  await clock.advance(1_000);

  expect(asked.slice(0, 2).map(({ presence }) => presence)).toMatchObject([
    { workerId: 'w', load: { rssBytes: 0 } },
    { workerId: 'w', load: { rssBytes: 1 } },
  ]);
});

test('without an answer nothing starts after one second, and everything after thirty, which is logged once', async () => {
  const { clock, control, ledger, warnings, changes } = await setUp();
  ledger.isUp = false;
  await clock.advance(999);
  const fresh = control.mayStart('q');
  await clock.advance(1);
  const stale = control.mayStart('q');
  const before = changes.count;
  await clock.advance(28_600);
  const waiting = control.mayStart('q');
  await clock.advance(800);

  expect([fresh, stale, waiting, control.mayStart('q')]).toEqual([true, false, false, true]);
  expect(changes.count).toBeGreaterThan(before);
  await clock.advance(60_000);
  expect(warnings).toHaveLength(1);

  ledger.isUp = true;
  await clock.advance(500);
  ledger.isUp = false;
  await clock.advance(1_500);
  expect(control.mayStart('q')).toBe(false);
});

test('whoever waits for a fresh view is called when there is one', async () => {
  const { clock, control, ledger, changes } = await setUp();
  ledger.isUp = false;
  await clock.advance(2_000);
  expect(control.mayStart('q')).toBe(false);
  const before = changes.count;

  ledger.isUp = true;
  await clock.advance(400);

  expect(control.mayStart('q')).toBe(true);
  expect(changes.count).toBe(before + 1);
});

test('messages of the superseded generation and lower ones are not run, later ones are', async () => {
  const { clock, control, supersede } = await setUp();
  supersede('a', 1);
  await clock.advance(400);

  const isSuperseded = (id: string, generation: number) => control.isSuperseded({ id, generation });
  expect([isSuperseded('a', 0), isSuperseded('a', 1), isSuperseded('a', 2), isSuperseded('b', 0)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('only what is new is asked for, page by page, and nothing starts before the last page', async () => {
  const { clock, control, asked, ledger, supersede } = await setUp();
  ledger.pageSize = 2;
  for (const id of ['a', 'b', 'c', 'd', 'e']) supersede(id);
  const before = asked.length;
  await clock.advance(400);

  expect(asked.slice(before).map(({ afterSeq }) => afterSeq)).toEqual([0, 2, 4]);
  expect(control.isSuperseded({ id: 'e', generation: 0 })).toBe(true);
  await clock.advance(400);
  expect(asked.at(-1)?.afterSeq).toBe(5);
});

test('what a worker has missed to forget is forgotten: memory follows what the ledger holds', async () => {
  const { clock, control, entries, asked, supersede } = await setUp();
  for (let n = 0; n < 5_000; n += 1) supersede(`${n}`);
  await clock.advance(400);
  entries.splice(0, 4_990);

  await clock.advance(400);

  expect(asked.slice(-1)[0]?.afterSeq).toBe(0);
  expect(control.isSuperseded({ id: '1', generation: 0 })).toBe(false);
  expect(control.isSuperseded({ id: '4999', generation: 0 })).toBe(true);
  expect(control.mayStart('q')).toBe(true);
});

test('a paused queue starts nothing, and listeners learn when it is paused and resumed', async () => {
  const { clock, control, ledger, changes } = await setUp();
  const before = changes.count;
  ledger.paused = ['q'];
  await clock.advance(400);
  const paused = [control.isPaused('q'), control.mayStart('q')];
  ledger.paused = [];
  await clock.advance(400);

  expect(paused).toEqual([true, false]);
  expect(control.mayStart('q')).toBe(true);
  expect(changes.count).toBe(before + 2);
});

test('a decision of which the notice was lost is known within half a second', async () => {
  const { clock, control, ledger, supersede } = await setUp();
  await clock.advance(1_000);

  supersede('a');
  ledger.paused = ['q'];
  await clock.advance(500);

  expect([control.isSuperseded({ id: 'a', generation: 0 }), control.mayStart('q')]).toEqual([true, false]);
});

test('a notice is answered when everything up to it is known', async () => {
  const { clock, control, told, supersede } = await setUp();
  supersede('a');
  control.heed({ seq: 1, queues: ['other'], replyTo: 'control.x' });
  await clock.advance(0);
  expect(told).toEqual([]);

  control.heed({ seq: 1, queues: ['other', 'q'], replyTo: 'control.x' });
  await clock.advance(0);

  expect(control.isSuperseded({ id: 'a', generation: 0 })).toBe(true);
  expect(told).toEqual([['control.x', { instanceId: 'i', seq: 1 }]]);
});

test('a worker that cannot ask confirms nothing', async () => {
  const { clock, control, told, ledger, supersede } = await setUp();
  ledger.isUp = false;
  supersede('a');
  control.heed({ seq: 1, queues: ['q'], replyTo: 'control.x' });
  await clock.advance(3_000);

  expect(told).toEqual([]);
});

test('a worker that stops says so, and asks no more', async () => {
  const { clock, control, ledger, asked } = await setUp();
  await control.stop();
  const before = asked.length;
  await clock.advance(5_000);

  expect([ledger.left, asked.length]).toEqual([['i'], before]);
});
