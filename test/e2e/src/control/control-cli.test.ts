import { type AppProcess, startApp } from '@leveret/testing/processes';
import { hasRabbitmq } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { type Carrier, openControlBench, work } from './control-bench.ts';

type Env = Readonly<Record<string, string>>;

function startLeveret(env: Env, args: readonly string[]): AppProcess {
  return startApp({ entry: 'apps/cli/dist/main.js', args, env });
}

/** Runs `leveret` to its end. */
async function leveret(env: Env, ...args: readonly string[]) {
  await using app = startLeveret(env, args);
  const { code } = await app.exited;
  return { code, output: app.output() };
}

describe.each<Carrier>(['sqlite', 'rabbitmq'])('the command line on %s', (carrier) => {
  const skip = carrier === 'rabbitmq' && !hasRabbitmq();

  test.skipIf(skip)('acts on jobs and queues that another process works on', async () => {
    await using bench = await openControlBench(carrier);
    const { env } = bench;
    await bench.startWorker();
    const { id: hanging } = await bench.client.enqueue(work, 'hang');
    const { id: dead } = await bench.client.enqueue(work, 'give-up');
    await bench.expectState(hanging, 'running');
    await bench.expectState(dead, 'dead');

    const paused = await leveret(env, 'queues', 'pause', 'work', '--reason', 'maintenance');
    const cancelled = await leveret(env, 'jobs', 'cancel', hanging, '--wait');
    const retried = await leveret(env, 'jobs', 'retry', dead);
    const queues = await leveret(env, 'queues', 'list');
    const runs = bench.runsOf(dead).length;
    const resumed = await leveret(env, 'queues', 'resume', 'work');

    expect(paused).toMatchObject({ code: 0, output: expect.stringContaining('confirmed by ') });
    expect(cancelled).toEqual({
      code: 0,
      output: `${hanging} cancelled: attempt 1 has ended, cancelled\n`,
    });
    expect(retried).toEqual({ code: 0, output: `${dead} runs again as attempt 2 of 4\n` });
    expect(queues).toMatchObject({ code: 0, output: expect.stringMatching(/^work .* by .*: maintenance$/m) });
    expect(runs).toBe(1);
    expect(resumed).toMatchObject({ code: 0, output: expect.stringMatching(/^work resumed\nconfirmed by /) });
    await expect.poll(() => bench.runsOf(dead).length).toBe(2);
    await bench.expectState(dead, 'dead');
    expect(await leveret(env, 'jobs', 'retry', hanging, dead)).toMatchObject({ code: 0 });
  });

  test.skipIf(skip)('says how far the ledger may be behind, until a recorder has caught up', async () => {
    await using bench = await openControlBench(carrier);
    const { env } = bench;
    const isReported = async () => (await bench.reader.lag()).isReported;
    await expect.poll(isReported, { timeout: 10_000 }).toBe(true);
    await bench.recorder.stop();
    await bench.startWorker({ store: bench.store });
    const { id } = await bench.client.enqueue(work, 'succeed');
    await expect.poll(() => bench.runsOf(id).length, { timeout: 10_000 }).toBe(1);
    await expect
      .poll(async () => (await bench.reader.lag()).behindMs, { timeout: 10_000 })
      .toBeGreaterThan(1_000);

    const listed = await leveret(env, 'jobs', 'list');
    const counted = await leveret(env, 'jobs', 'count', '--json');
    await bench.startRecorder();
    await bench.expectState(id, 'succeeded');
    await expect
      .poll(() => bench.reader.lag(), { timeout: 10_000 })
      .toEqual({ behindMs: 0, isReported: true });
    const again = await leveret(env, 'jobs', 'list');

    expect(listed).toMatchObject({ code: 0, output: expect.stringContaining('The ledger may be up to ') });
    expect(listed.output).toMatch(new RegExp(`^${id} +queued `, 'm'));
    expect(JSON.parse(counted.output)).toMatchObject({
      counts: [{ state: 'queued', count: 1 }],
      lag: { behindMs: expect.any(Number), isReported: false },
    });
    expect(again.output).not.toContain('behind');
    expect(again.output).toMatch(new RegExp(`^${id} +succeeded `, 'm'));
  });

  test.skipIf(skip)('leaves an operation at Ctrl-C, and goes on with it', async () => {
    await using bench = await openControlBench(carrier);
    const { env } = bench;
    await bench.client.enqueueMany(
      work,
      Array.from({ length: 6 }, () => 'succeed' as const),
    );

    await using app = startLeveret(env, ['jobs', 'cancel', '--filter', '', '--yes', '--rate', '2']);
    await app.until(/running: 2 done/);
    app.signal('SIGINT');
    const { code } = await app.exited;
    const [, id = ''] = /operations resume (\S+)/.exec(app.output()) ?? [];
    const resumed = await leveret(env, 'operations', 'resume', id);

    expect(code).toBe(1);
    expect(resumed).toMatchObject({
      code: 0,
      output: expect.stringContaining('done: 6 done, 0 skipped, 0 failed of 6 jobs'),
    });
    expect(await bench.reader.count({ states: ['cancelled'] })).toMatchObject({ count: 6 });
  });
});

test.skipIf(!hasRabbitmq())(
  'a delayed job that RabbitMQ could not route is set aside, and runs once when it is run now',
  async () => {
    await using bench = await openControlBench('rabbitmq');
    const { env, vhost } = bench;
    await vhost?.management.deleteBindings(vhost.name, 'leveret.delay.out', 'leveret.q.work');
    const { id } = await bench.client.enqueue(work, 'succeed', { delayMs: 500 });
    await expect
      .poll(async () => (await bench.reader.setAside.counts()).messages, { timeout: 10_000 })
      .toBe(1);
    // Not before: a worker declares the binding anew.
    await bench.startWorker();

    const listed = await leveret(env, 'failures', 'set-aside');
    const shown = await leveret(env, 'failures', 'set-aside', 'show', 'm1', '--json');
    const explained = await leveret(env, 'jobs', 'explain', id);
    const { job, undispatchedSince } = (await bench.reader.get(id)) ?? {};
    const runNow = await leveret(env, 'jobs', 'run-now', id);
    await bench.expectState(id, 'succeeded');
    const discarded = await leveret(env, 'failures', 'set-aside', 'discard', 'm1', '--yes');

    expect(listed.output).toMatch(/^m1 .* work +\d+ +RabbitMQ could not route it/m);
    expect(JSON.parse(shown.output)).toMatchObject({ queue: 'work', properties: { messageId: id } });
    expect([job?.state, undispatchedSince]).toEqual(['scheduled', undefined]);
    expect(explained.output).toMatch(
      /^- the broker could not route its message since .*: it is set aside as m1: .*, then leveret jobs run-now$/m,
    );
    expect(runNow.code).toBe(0);
    expect(bench.runsOf(id)).toHaveLength(1);
    expect(discarded.code).toBe(0);
    expect(await bench.reader.setAside.counts()).toMatchObject({ messages: 0 });
  },
);

test.each([
  ['jobs', 'cancel', '0198c0de-1111-7222-8333-0123456789ab'],
  ['queues', 'list'],
  ['workers', 'list'],
  ['operations', 'list'],
])('without a ledger, %s %s ends with 2 and says so', async (...args) => {
  const { code, output } = await leveret({ LEVERET_STORE_URL: '/nowhere/leveret.db' }, ...args);

  expect({ code, output }).toEqual({
    code: 2,
    output: expect.stringMatching(/^CONFIG_INVALID: there is no ledger /),
  });
});
