import { hostname, userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { openControlBench } from '../../fixtures/control-bench.ts';

const ME = `${userInfo().username}@${hostname()}`;

test('a queue is listed with its jobs, messages and workers, and by whom and why it is paused', async () => {
  await using bench = await openControlBench();
  await bench.enqueueDead(2);
  await bench.enqueue('succeed', { delayMs: 60_000 });
  await bench.enqueue('succeed');

  const paused = await bench.run(['queues', 'pause', 'mail', '--reason', 'mail server is down']);
  const { output } = await bench.run(['queues', 'list']);
  const json = JSON.parse((await bench.run(['queues', 'list', '--json'])).output);

  expect(paused).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^mail paused: workers start none/),
  });
  const [head = '', row = ''] = output.split('\n');
  expect(head.split(/ {2,}/)).toEqual([
    ...['queue', 'scheduled', 'queued', 'dead', 'ready', 'dead letters', 'workers'],
    ...['in/min', 'out/min', 'failed/min', 'wait p50/p95', 'run p50/p95', 'paused'],
  ]);
  const rates = '\\d+ +\\d+ +\\d+ +([\\d.]+ m?s/[\\d.]+ m?s +)*';
  expect(row).toMatch(new RegExp(`^mail +1 +1 +2 +1 +\\d+ +0 +${rates}by ${ME} .*: mail server is down$`));
  expect(json).toEqual({
    queues: [
      {
        queue: 'mail',
        counts: { scheduled: 1, queued: 1, dead: 2 },
        broker: { ready: 1, dead: expect.any(Number) },
        paused: { by: ME, at: expect.stringMatching(/Z$/), reason: 'mail server is down' },
        workers: 0,
        rates: {
          since: expect.stringMatching(/Z$/),
          until: expect.stringMatching(/Z$/),
          total: expect.objectContaining({ in: expect.any(Number), failedAttempts: expect.any(Number) }),
          slices: expect.any(Array),
          kinds: expect.any(Array),
        },
      },
    ],
  });
});

test('the workers of a queue confirm that it is paused and resumed, and are listed', async () => {
  await using bench = await openControlBench();
  await bench.startWorker();

  const paused = await bench.run(['queues', 'pause', 'mail', '--json']);
  const again = await bench.run(['queues', 'pause', 'mail']);
  const resumed = await bench.run(['queues', 'resume', 'mail']);
  const workers = await bench.run(['workers', 'list']);

  expect(JSON.parse(paused.output)).toEqual({
    queue: 'mail',
    isChanged: true,
    confirmed: ['w1'],
    silent: [],
    isControlAway: false,
    unaware: [],
  });
  expect(again).toMatchObject({ code: 0, output: expect.stringMatching(/^mail was paused already by /) });
  expect(resumed).toMatchObject({ code: 0, output: 'mail resumed\nconfirmed by w1\n' });
  expect((await bench.run(['queues', 'resume', 'mail'])).output).toMatch(/^mail was not paused\n/);
  expect(workers.output).toMatch(
    new RegExp(`^w1 +${hostname()} +${process.pid} +1.2 +mail +10 +mail 0/10 +\\d+ MiB +\\d+ % `, 'm'),
  );
  expect(JSON.parse((await bench.run(['workers', 'list', '--json'])).output)).toEqual({
    workers: [
      expect.objectContaining({
        workerId: 'w1',
        seenAt: expect.stringMatching(/Z$/),
        load: {
          rssBytes: expect.any(Number),
          cpuShare: expect.any(Number),
          eventLoopDelayMs: expect.any(Number),
          slots: [{ queue: 'mail', size: 10, busy: 0 }],
          running: [],
        },
      }),
    ],
  });
});

test('a worker that started jobs of the queue and does not ask is named with a warning', async () => {
  await using bench = await openControlBench();
  const jobId = await bench.enqueue('succeed');
  const at = Date.now();
  const job = { jobId, kind: 'mail.send', queue: 'mail', attempt: 1, maxAttempts: 3, createdAt: at };
  const old = { workerId: 'w0', host: 'web-2', version: '0.9' };
  await bench.store.apply([{ ...job, ...old, type: 'started', at }]);

  const paused = await bench.run(['queues', 'pause', 'mail']);
  const cancelled = await bench.run(['jobs', 'cancel', jobId, '--json']);

  expect(paused.output).toMatch(
    /^warning: worker w0 \(web-2, version 0\.9\) started a job of the queue at \S+Z and does not ask/m,
  );
  expect(JSON.parse(cancelled.output)).toMatchObject({
    unaware: [{ ...old, lastStartAt: new Date(at).toISOString() }],
  });
});

test('a queue that the ledger does not know is paused only with --yes', async () => {
  await using bench = await openControlBench();

  const refused = await bench.run(['queues', 'pause', 'mial']);
  const given = await bench.run(['queues', 'pause', 'mial', '--yes']);

  expect(refused).toMatchObject({ code: 2, told: expect.stringContaining('the ledger knows no queue mial') });
  expect(given.code).toBe(0);
  expect(await bench.run(['queues', 'pause', 'No queue'])).toMatchObject({ code: 2 });
});

test('while RabbitMQ is away, queues are listed and paused all the same', async () => {
  await using bench = await openControlBench();
  await bench.enqueue('succeed');
  await bench.store.noteBroker('rabbitmq');
  const env = { LEVERET_AMQP_URL: 'amqp://127.0.0.1:1' };

  const paused = await bench.runIn(env, ['queues', 'pause', 'mail']);
  const listed = await bench.runIn(env, ['queues', 'list']);

  expect(paused.code).toBe(0);
  expect(listed).toMatchObject({ code: 0, told: expect.stringContaining('The broker is away: ') });
  expect(listed.output).toMatch(/^mail +1 +\? +\? +0 +\d+ +0 +0 +by /m);
});

test('without queues and workers the lists say so', async () => {
  await using bench = await openControlBench();

  expect((await bench.run(['queues', 'list'])).output).toBe('No queues.\n');
  expect((await bench.run(['workers', 'list'])).output).toBe('No workers.\n');
});
