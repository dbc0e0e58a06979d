import { expect, test } from 'vitest';
import { openControlBench } from '../../fixtures/control-bench.ts';

const UNKNOWN = '0198c0de-4444-7222-8333-0123456789ab';

/** Presses Ctrl-C once progress is told. */
const impatient = {
  onTold(text: string, interrupt: () => void) {
    if (text.includes(' done, ')) interrupt();
  },
};

test('Ctrl-C leaves an operation after its step, resume ends it, and list and show tell of it', async () => {
  await using bench = await openControlBench();
  await bench.enqueueDead(4);

  const left = await bench.run(['jobs', 'discard', '--filter', '', '--yes', '--rate', '2'], impatient);
  const id = /operations resume (\S+)/.exec(left.told)?.[1] ?? '';

  expect(left).toMatchObject({ code: 1, output: expect.stringContaining('running: 2 done') });
  const claim = { operationId: id, holder: 'another process', leaseMs: 0 };
  expect(await bench.store.claimOperation(claim)).toMatchObject({ id });
  const resumed = await bench.run(['operations', 'resume', id]);
  expect(resumed).toMatchObject({ code: 0, output: expect.stringContaining('done: 4 done') });
  expect((await bench.run(['operations', 'list'])).output).toMatch(
    new RegExp(`^${id} +discard +done +4 +4 +0 +0 .*state:dead$`, 'm'),
  );
  const shown = await bench.run(['operations', 'show', id]);
  expect(shown.output).toMatch(/^rate {8}2 jobs a second$/m);
  expect(shown.output).toMatch(/^jobs {8}4$/m);
  expect(JSON.parse((await bench.run(['operations', 'list', '--json'])).output)).toEqual({
    operations: [expect.objectContaining({ id, createdAt: expect.stringMatching(/Z$/) })],
  });
});

test('an operation that is stopped leaves its other jobs as they are, and cannot be stopped again once it is done', async () => {
  await using bench = await openControlBench();
  await bench.enqueueDead(4);
  const left = await bench.run(['jobs', 'discard', '--filter', '', '--yes', '--rate', '2'], impatient);
  const id = /operations stop (\S+)/.exec(left.told)?.[1] ?? '';

  const stopped = await bench.run(['operations', 'stop', id, '--reason', 'wrong filter']);

  expect(stopped).toMatchObject({ code: 0, output: expect.stringContaining('stopped: 2 done') });
  expect(await bench.run(['operations', 'resume', id])).toMatchObject({ code: 1 });
  expect(await bench.reader.count({ states: ['dead'] })).toMatchObject({ count: 2 });
  const ended = await bench.run(['jobs', 'discard', '--filter', '', '--yes', '--json']);
  const { operations } = JSON.parse(ended.output);
  expect(await bench.run(['operations', 'stop', operations[0].id])).toMatchObject({ code: 1 });
});

test('show lists the jobs that were skipped, with the reasons', async () => {
  await using bench = await openControlBench();
  const [id = ''] = await bench.enqueueDead(1);
  const { output } = await bench.run(['jobs', 'retry', id, UNKNOWN, '--json']);
  const { operations } = JSON.parse(output);

  const shown = await bench.run(['operations', 'show', operations[0].id]);

  expect(shown.output).toMatch(new RegExp(`^${UNKNOWN} +(skipped|failed) +\\S`, 'm'));
});

test('workers that do not ask what is decided are named with a warning, also later', async () => {
  await using bench = await openControlBench();
  const ids = [await bench.enqueue('succeed'), await bench.enqueue('succeed')];
  const at = Date.now();
  const job = { kind: 'mail.send', queue: 'mail', attempt: 1, maxAttempts: 3, createdAt: at };
  const old = { workerId: 'w0', host: 'web-2', version: '0.9' };
  await bench.store.apply([{ ...job, ...old, type: 'started', jobId: ids[0] ?? '', at }]);

  const cancelled = await bench.run(['jobs', 'cancel', ...ids, '--yes']);
  const [, id = ''] = /\(operation (\S+)\)/.exec(cancelled.output) ?? [];
  const shown = await bench.run(['operations', 'show', id]);
  const json = [['show', id], ['list']].map((args) => bench.run(['operations', ...args, '--json']));
  const [one, all] = (await Promise.all(json)).map(({ output }) => JSON.parse(output));

  const warning =
    /^warning: worker w0 \(web-2, version 0\.9\) started a job of the queue at \S+Z and does not ask/m;
  expect(cancelled.output).toMatch(warning);
  expect(shown.output).toMatch(warning);
  const unaware = [{ ...old, lastStartAt: new Date(at).toISOString() }];
  expect([one.unaware, all.operations[0].unaware]).toEqual([unaware, unaware]);
});

test('an unknown operation has no answer, and a ledger without operations says so', async () => {
  await using bench = await openControlBench();

  for (const command of ['show', 'stop', 'resume'])
    expect(await bench.run(['operations', command, UNKNOWN])).toMatchObject({
      code: 2,
      told: expect.stringContaining('OPERATION_NOT_FOUND'),
    });
  expect(await bench.run(['operations', 'list'])).toMatchObject({ code: 0, output: 'No operations.\n' });
});
