import { expect, test } from 'vitest';
import { openControlBench } from '../../fixtures/control-bench.ts';

async function fingerprintOf(bench: Awaited<ReturnType<typeof openControlBench>>): Promise<string> {
  const [group] = await bench.reader.failureGroups(1);
  return group?.fingerprint ?? '';
}

test('the dead jobs of a group are discarded, and undo restores those that are still discarded', async () => {
  await using bench = await openControlBench();
  const [restored = '', ...others] = await bench.enqueueDead(3);
  const fingerprint = await fingerprintOf(bench);

  const discarded = await bench.run(['failures', 'discard', fingerprint, '--yes', '--json']);
  const { operations } = JSON.parse(discarded.output);
  await bench.run(['jobs', 'restore', restored]);
  const undone = await bench.run(['failures', 'undo', operations[0].id]);

  expect(discarded.code).toBe(0);
  expect(operations).toMatchObject([
    { action: 'discard', selection: `state:dead fingerprint:${fingerprint}`, done: 3 },
  ]);
  expect(undone).toMatchObject({
    code: 1,
    output: expect.stringContaining('restore done: 2 done, 1 skipped, 0 failed of 3 jobs'),
  });
  for (const id of [restored, ...others]) await bench.expectState(id, 'dead');
});

test('dead jobs are retried, and with --also-retrying those that wait for their next attempt run now', async () => {
  await using bench = await openControlBench();
  const worker = await bench.startWorker();
  const id = await bench.enqueue('fail');
  await bench.expectState(id, 'retrying');
  await worker.stop(0);
  const fingerprint = await fingerprintOf(bench);

  const none = await bench.run(['failures', 'retry', fingerprint]);
  const one = await bench.run(['failures', 'retry', fingerprint, '--also-retrying']);

  expect(none).toMatchObject({ code: 0, output: 'No jobs.\n' });
  expect(one).toMatchObject({ code: 0, output: expect.stringContaining('run-now done: 1 done') });
  await bench.expectState(id, 'queued');
});

test('only a discard that has ended is undone, and an unknown group has no answer', async () => {
  await using bench = await openControlBench();
  const [id = '', other = ''] = await bench.enqueueDead(2);
  const { operations } = JSON.parse((await bench.run(['jobs', 'retry', id, other, '--json'])).output);

  expect(await bench.run(['failures', 'undo', operations[0].id])).toMatchObject({
    code: 2,
    told: expect.stringContaining('is retry: only a discard is undone'),
  });
  expect(await bench.run(['failures', 'discard', 'none'])).toMatchObject({
    code: 2,
    told: expect.stringContaining('FAILURE_GROUP_NOT_FOUND'),
  });
});
