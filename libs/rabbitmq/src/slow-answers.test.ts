import { type Broker, LeveretError } from '@leveret/core';
import { startTcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { makeMessage, openTestBroker, publishOne } from '../fixtures/test-broker.ts';

/** How long whoever publishes may be kept waiting for a no: 2.5 s on an idle machine, and time for a busy one. */
const REFUSED_MS = 4_000;

async function openBench() {
  const vhost = await openVhost();
  const proxy = await startTcpProxy(vhost.amqpUrl);
  const broker = await openTestBroker(proxy.url);
  await publishOne(broker, 'work');
  return {
    proxy,
    broker,
    async [Symbol.asyncDispose]() {
      proxy.thaw();
      await broker.close(0);
      await proxy[Symbol.asyncDispose]();
      await vhost[Symbol.asyncDispose]();
    },
  };
}

/** How each of many publications ended, and how long the slowest took. */
async function publishMany(broker: Broker, queue: string) {
  const startedAt = performance.now();
  const codes = await Promise.all(
    Array.from({ length: 600 }, () =>
      broker.publish([{ message: makeMessage(queue), delayMs: 0 }]).then(
        () => 'stored',
        (error: unknown) => (error instanceof LeveretError ? error.code : String(error)),
      ),
    ),
  );
  return { codes: new Set(codes), slowestMs: performance.now() - startedAt };
}

describe.skipIf(!hasRabbitmq())('publishing to a broker', () => {
  test.each([
    ['that is frozen', 'work', 'freeze'],
    ['that is frozen, to a queue that is new', 'new', 'freeze'],
    ['that hears and does not answer', 'work', 'holdAnswers'],
  ] as const)('%s is refused in time', async (_how, queue, fault) => {
    await using bench = await openBench();
    bench.proxy[fault]();

    const { codes, slowestMs } = await publishMany(bench.broker, queue);
    process.stdout.write(`refused after ${Math.round(slowestMs)} ms\n`);

    expect(codes).toEqual(new Set(['BROKER_UNAVAILABLE']));
    expect(slowestMs).toBeLessThan(REFUSED_MS);
  });

  test('that is gone is refused in time, whenever it went', async () => {
    await using bench = await openBench();
    bench.proxy.refuse(true);
    bench.proxy.cut();

    const going = await publishMany(bench.broker, 'work');
    await expect.poll(() => bench.broker.status().state).toBe('down');
    const gone = await publishMany(bench.broker, 'work');
    process.stdout.write(
      `refused after ${Math.round(going.slowestMs)} ms, later after ${Math.round(gone.slowestMs)} ms\n`,
    );

    expect([going.codes, gone.codes]).toEqual(Array(2).fill(new Set(['BROKER_UNAVAILABLE'])));
    expect(Math.max(going.slowestMs, gone.slowestMs)).toBeLessThan(REFUSED_MS);
  });
});
