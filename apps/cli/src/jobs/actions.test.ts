import { hostname, userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { nothingToOpen, openControlBench, runLeveret } from '../../fixtures/control-bench.ts';

const UNKNOWN = '0198c0de-1111-7222-8333-0123456789ab';

test('a job that waits is cancelled, and the job shows who did it and why', async () => {
  await using bench = await openControlBench();
  const id = await bench.enqueue('succeed');

  const cancelled = await bench.run(['jobs', 'cancel', id.toUpperCase(), '--reason', 'sent by hand']);

  expect(cancelled).toEqual({ code: 0, output: `${id} cancelled: no worker starts it any more\n`, told: '' });
  const { output } = await bench.run(['jobs', 'show', id]);
  expect(output).toMatch(/^generation {2}1$/m);
  expect(output).toMatch(
    new RegExp(
      `^ {2}cancel +queued +cancelled +\\S.* ${userInfo().username}@${hostname()} +sent by hand$`,
      'm',
    ),
  );
  const json = JSON.parse((await bench.run(['jobs', 'show', id, '--json'])).output);
  expect(json.audit).toMatchObject([
    { action: 'cancel', at: expect.stringMatching(/Z$/), reason: 'sent by hand' },
  ]);
});

test('of a running job that is cancelled the worker is named, or with --wait how its attempt ended', async () => {
  await using bench = await openControlBench();
  await bench.startWorker();
  const ids = [await bench.enqueue('hang'), await bench.enqueue('hang')] as const;
  for (const id of ids) await bench.expectState(id, 'running');

  const left = await bench.run(['jobs', 'cancel', ids[0]]);
  const waited = await bench.run(['jobs', 'cancel', ids[1], '--wait', '--json']);

  expect(left.code).toBe(0);
  expect(left.output).toMatch(
    / cancell(ing: attempt 1 runs on worker w1|ed: attempt 1 has ended, cancelled)\n$/,
  );
  expect(waited.code).toBe(0);
  expect(JSON.parse(waited.output)).toMatchObject({
    action: 'cancel',
    before: 'running',
    after: 'cancelled',
    generation: 1,
    confirmed: ['w1'],
    silent: [],
    run: { attempt: 1, workerId: 'w1', outcome: 'cancelled' },
    hasEnded: true,
  });
});

test('a dead job runs again, with its attempts continued', async () => {
  await using bench = await openControlBench();
  const [id = ''] = await bench.enqueueDead(1);

  const retried = await bench.run(['jobs', 'retry', id]);
  await bench.startWorker();

  expect(retried).toMatchObject({ code: 0, output: `${id} runs again as attempt 2 of 4\n` });
  await expect.poll(async () => (await bench.reader.get(id))?.attempts.length).toBe(2);
});

test('a job that waits for its next attempt runs now', async () => {
  await using bench = await openControlBench();
  const id = await bench.enqueue('succeed', { delayMs: 60_000 });

  const { output } = await bench.run(['jobs', 'run-now', id, '--json']);

  expect(JSON.parse(output)).toMatchObject({ attempt: 1, maxAttempts: 3, dispatch: 'published' });
  await bench.startWorker();
  await bench.expectState(id, 'succeeded');
});

test('a dead job is discarded and restored', async () => {
  await using bench = await openControlBench();
  const [id = ''] = await bench.enqueueDead(1);

  expect(await bench.run(['jobs', 'discard', id])).toMatchObject({ code: 0 });
  await bench.expectState(id, 'discarded');
  expect(await bench.run(['jobs', 'restore', id])).toMatchObject({
    code: 0,
    output: `${id} restored: it is dead again\n`,
  });
  await bench.expectState(id, 'dead');
});

test('what is refused ends with 1 and the reason', async () => {
  await using bench = await openControlBench();
  const id = await bench.enqueue('succeed');

  expect(await bench.run(['jobs', 'retry', id])).toMatchObject({
    code: 1,
    output: expect.stringMatching(/ACTION_REFUSED: the job is queued: retry is possible only while/),
  });
  const unknown = await bench.run(['jobs', 'cancel', UNKNOWN, '--json']);
  expect(unknown.code).toBe(1);
  expect(JSON.parse(unknown.output)).toEqual({
    action: 'cancel',
    jobId: UNKNOWN,
    refused: { code: 'JOB_NOT_FOUND', reason: expect.any(String) },
  });
});

test('before many jobs are discarded it is asked, and without a terminal refused', async () => {
  await using bench = await openControlBench();
  const ids = await bench.enqueueDead(3);
  const discard = ['jobs', 'discard', '--filter', 'kind:mail.*'];

  const nobody = await bench.run(discard);
  const no = await bench.run(discard, { answers: 'n\n' });
  expect(nobody).toMatchObject({ code: 2, told: expect.stringContaining('Repeat it with --yes') });
  expect(no).toMatchObject({ code: 1, told: expect.stringContaining('Nothing was done.') });
  expect(no.told).toContain('discard 3 jobs (state:dead kind:mail.*)? [y/N]');
  await bench.expectState(ids[0] ?? '', 'dead');

  const yes = await bench.run(discard, { answers: 'y\n' });
  expect(yes.code).toBe(0);
  expect(yes.output).toMatch(/^discard done: 3 done, 0 skipped, 0 failed of 3 jobs \(operation \S+\)\n$/);
  await bench.expectState(ids[2] ?? '', 'discarded');
  expect(await bench.run(discard)).toMatchObject({ code: 0, output: 'No jobs.\n' });
});

test('several ids are one operation, and a job that is skipped makes the exit code 1', async () => {
  await using bench = await openControlBench();
  const [id = ''] = await bench.enqueueDead(1);

  const { code, output } = await bench.run(['jobs', 'retry', id, UNKNOWN, '--json']);

  expect(code).toBe(1);
  expect(JSON.parse(output)).toEqual({
    operations: [
      expect.objectContaining({
        action: 'retry',
        state: 'done',
        selection: 'by id',
        total: 2,
        done: 1,
        notDone: [expect.objectContaining({ number: 2, jobId: UNKNOWN, reason: expect.any(String) })],
      }),
    ],
  });
});

test('while RabbitMQ is away, a job that runs again is kept for later', async () => {
  await using bench = await openControlBench();
  const [id = ''] = await bench.enqueueDead(1);
  await bench.store.noteBroker('rabbitmq');
  const env = { LEVERET_AMQP_URL: 'amqp://127.0.0.1:1' };

  const { code, output } = await bench.runIn(env, ['jobs', 'retry', id]);

  expect(code).toBe(0);
  expect(output).toContain('runs again as attempt 2 of 4\nnot published yet, the broker does not take it');
  expect((await bench.reader.get(id))?.undispatchedSince).toBeDefined();
});

test.each([
  [['jobs', 'cancel'], 'by their ids, or by --filter'],
  [['jobs', 'cancel', UNKNOWN, '--filter', 'state:dead'], 'by their ids, or by --filter'],
  [['jobs', 'cancel', '--filter', 'state:dead', '--wait'], '--wait is for one job'],
  [['jobs', 'cancel', '--filter', 'label:eu'], 'FILTER_INVALID'],
  [['jobs', 'retry', UNKNOWN, '--rate', '0'], 'must be a whole number from 1 to 100000'],
  [['jobs', 'retry', UNKNOWN, '--reason', 'x'.repeat(1_001)], 'has at most 1000 characters'],
])('%j is a wrong command line', async (args, words) => {
  const outcome = await runLeveret(nothingToOpen, args);

  expect(outcome).toEqual({ code: 2, output: '', told: expect.stringContaining(words) });
});
