import { systemClock } from '@leveret/core';
import { describe, expect, test } from 'vitest';
import { createRunLog, describeExtraRuns } from './run-log.ts';

const RUN = { id: 'job', attempt: 1 };

describe('an extra run', () => {
  test('is one with each start of a run but the first; the next attempt is another run', () => {
    const log = createRunLog();
    log.started(RUN, 'worker', { at: 0 });
    log.started({ ...RUN, attempt: 2 }, 'worker', { at: 10 });

    expect(log.extraRuns().count).toBe(0);

    log.started(RUN, 'worker', { at: 20 });
    log.started(RUN, 'worker', { at: 30 });

    expect(log.extraRuns().count).toBe(2);
  });

  test('is explained by the loss of the holder in which the run had started, and by no other', () => {
    const log = createRunLog();
    log.started(RUN, 'worker 1', { at: 0 });
    log.lost({ cause: 'worker killed', holder: 'worker 2', from: 5, to: 6 });
    log.started(RUN, 'worker 2', { at: 10 });

    expect(log.extraRuns().unexplained).toHaveLength(1);

    log.lost({ cause: 'worker killed', holder: 'worker 1', from: 5, to: 6 });

    expect(log.extraRuns()).toEqual({
      count: 1,
      countByCause: new Map([['worker killed while they ran', 1]]),
      unexplained: [],
    });
  });

  test('is not explained by a loss after it, or before the first start', () => {
    const log = createRunLog();
    log.lost({ cause: 'broker killed', from: -10, to: -5 });
    log.started(RUN, 'worker', { at: 0 });
    log.started(RUN, 'worker', { at: 10 });
    log.lost({ cause: 'broker killed', from: 15, to: 20 });

    expect(log.extraRuns().unexplained).toHaveLength(1);
  });

  test('is explained by a loss soon after the end of the run, when its acknowledgement may be lost, and not much later', () => {
    const log = createRunLog();
    log.started(RUN, 'worker', { at: 0 });
    log.ended(RUN, 'worker', 20);
    log.lost({ cause: 'broker killed', from: 100, to: 200 });
    log.started(RUN, 'worker', { at: 300 });
    log.started({ ...RUN, id: 'other' }, 'worker', { at: 5_000 });
    log.ended({ ...RUN, id: 'other' }, 'worker', 5_020);
    log.lost({ cause: 'broker killed', from: 10_000, to: 10_100 });
    log.started({ ...RUN, id: 'other' }, 'worker', { at: 10_200 });

    const { countByCause, unexplained } = log.extraRuns();

    expect([...countByCause]).toEqual([['broker killed before the acknowledgement', 1]]);
    expect(unexplained).toEqual([expect.stringContaining('other, attempt 1; ran in worker 0 to 20 ms')]);
  });

  test('is not explained by the loss of a connection when its process settled the run and lives on', () => {
    const log = createRunLog();
    log.started(RUN, 'consuming', { at: 0 });
    log.settling(RUN, 'consuming');
    log.lost({ cause: 'connection lost', from: 5, to: 6 });
    log.started(RUN, 'consuming', { at: 10 });

    expect(log.extraRuns().unexplained).toHaveLength(1);
  });

  test('is explained by a publish that was in flight when its connection was lost, before or after the first start', () => {
    const log = createRunLog();
    log.published(RUN, 'publishing', 0);
    log.lost({ cause: 'connection lost', holder: 'publishing', from: 50, to: 50 });
    log.started(RUN, 'worker', { at: 100 });
    log.started(RUN, 'worker', { at: 110 });

    expect([...log.extraRuns().countByCause]).toEqual([['connection lost before the confirm', 1]]);
  });

  test('is explained by a loss before the start of a run that its holder had decided to start', () => {
    const log = createRunLog();
    log.lost({ cause: 'connection lost', from: -10, to: -10 });
    log.started(RUN, 'worker', { at: 0, heldSince: -20 });
    log.started(RUN, 'worker', { at: 10 });

    expect(log.extraRuns().unexplained).toEqual([]);
  });

  test('is explained by the end of the broker that delayed it', () => {
    const log = createRunLog();
    log.delayed(RUN, 'broker');
    const at = systemClock.now() + 100;
    log.lost({ cause: 'broker ended', holder: 'broker', from: at, to: at });
    log.started(RUN, 'worker', { at: at + 10 });
    log.started(RUN, 'worker', { at: at + 20 });

    expect([...log.extraRuns().countByCause]).toEqual([['broker ended while they were delayed', 1]]);
  });

  test('is explained by an extra run of the attempt before', () => {
    const log = createRunLog();
    const next = { ...RUN, attempt: 2 };
    log.started(RUN, 'worker 1', { at: 0 });
    log.lost({ cause: 'worker killed', holder: 'worker 1', from: 5, to: 6 });
    log.started(RUN, 'worker 2', { at: 10 });
    log.started(next, 'worker 2', { at: 20 });
    log.started(next, 'worker 2', { at: 30 });

    expect(describeExtraRuns(log.extraRuns())).toBe(
      '2 run again: 1 worker killed while they ran, 1 after an attempt that ran again',
    );
  });

  test('needs a loss of its own: one loss explains one start of a run', () => {
    const log = createRunLog();
    log.started(RUN, 'worker', { at: 0 });
    log.lost({ cause: 'broker killed', from: 5, to: 6 });
    log.started(RUN, 'worker', { at: 10 });
    log.started(RUN, 'worker', { at: 20 });

    const extra = log.extraRuns();

    expect(extra.unexplained).toHaveLength(1);
    expect(describeExtraRuns(extra)).toBe('2 run again: 1 broker killed while they ran, 1 unexplained');
  });
});
