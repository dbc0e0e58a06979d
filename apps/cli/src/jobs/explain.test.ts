import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { openControlBench } from '../../fixtures/control-bench.ts';

test('a job that waits is explained by every cause that holds, with what to do', async () => {
  await using bench = await openControlBench();
  const id = await bench.enqueue('succeed', { delayMs: 3_600_000 });
  await bench.run(['queues', 'pause', 'mail', '--reason', 'mail server is down']);

  const { code, output } = await bench.run(['jobs', 'explain', id]);
  const json = JSON.parse((await bench.run(['jobs', 'explain', id, '--json'])).output);

  expect(code).toBe(0);
  expect(output.split('\n').slice(0, 4)).toEqual([
    `${id} is scheduled`,
    expect.stringMatching(
      `^- queue mail is paused by ${userInfo().username}@${hostname()} since .*: mail server is down: leveret queues resume mail$`,
    ),
    expect.stringMatching(/^- it is delayed until .* \(in 59 minutes\): leveret jobs run-now does not wait$/),
    '- no worker consumes queue mail: start one',
  ]);
  expect(json).toMatchObject({
    id,
    state: 'scheduled',
    causes: [
      { kind: 'paused', pause: { queue: 'mail', at: expect.stringMatching(/Z$/) } },
      { kind: 'delayed', because: 'delay', until: expect.stringMatching(/Z$/) },
      { kind: 'no-worker-for-queue' },
    ],
  });
});

test('a job that runs names its worker, and one that is dead why', async () => {
  await using bench = await openControlBench();
  await bench.startWorker();
  const running = await bench.enqueue('hang');
  const dead = await bench.enqueue('give-up');
  await bench.expectState(running, 'running');
  await bench.expectState(dead, 'dead');

  expect((await bench.run(['jobs', 'explain', running])).output).toMatch(
    new RegExp(`^- attempt 1 runs on worker w1 \\(${hostname()}, pid ${process.pid}\\) since `, 'm'),
  );
  expect((await bench.run(['jobs', 'explain', dead])).output).toMatch(
    /^- dead after 1 attempt since .*: HANDLER_FAILED: not for us: leveret jobs retry, or discard$/m,
  );
});

test('a job whose message the broker could not route is explained with what to do', async () => {
  await using bench = await openControlBench();
  const id = await bench.enqueue('succeed', { delayMs: 3_600_000 });
  const message = { queue: 'mail', reason: 'no binding', properties: '{}', body: Uint8Array.of(1) };
  const unroutable = { jobId: id, generation: 0, attempt: 1, run: 0 };
  await bench.store.setAside.keep([{ ...message, at: Date.now(), isReturned: false, unroutable }]);
  const [, ...lines] = (await bench.run(['jobs', 'explain', id])).output.split('\n');
  const json = JSON.parse((await bench.run(['jobs', 'explain', id, '--json'])).output);

  expect(lines[0]).toMatch(
    /^- the broker could not route its message since \S+Z \(now\): it is set aside as m1: declare its queue with leveret init, then leveret jobs run-now$/,
  );
  expect(json.causes[0]).toEqual({
    kind: 'unroutable',
    since: expect.stringMatching(/Z$/),
    setAside: 'm1',
  });
});

test('a job that is not there is refused', async () => {
  await using bench = await openControlBench();
  const { code, told } = await bench.run(['jobs', 'explain', '0198c0de-1111-7222-8333-0123456789ab']);

  expect(code).toBe(2);
  expect(told).toContain('JOB_NOT_FOUND');
});

test('jobs.md lists every cause', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const kinds = [
    ...read('../../../../libs/control/src/explain/causes.ts').matchAll(/readonly kind: '([a-z-]+)'/g),
  ];
  const page = read('../../../../docs/reference/jobs.md');
  const [, table = ''] = /\| cause \| what it says \|\n\|---\|---\|\n([\s\S]*?)\n\n/.exec(page) ?? [];

  expect([...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, kind]) => kind).sort()).toEqual(
    [...new Set(kinds.map(([, kind]) => kind))].sort(),
  );
});
