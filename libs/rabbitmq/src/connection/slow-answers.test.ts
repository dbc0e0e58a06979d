import { type Broker, type JobMessage, LeveretError, sleep, systemClock } from '@leveret/core';
import { startTcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { makeMessage, openTestBroker, publishOne } from '../../fixtures/test-broker.ts';

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

/** Publishes many messages, and how each of them ended: stored, or with which code and outcome. */
function publishMany(
  broker: Broker,
  queue: string,
  messages: readonly JobMessage[] = Array.from({ length: 600 }, () => makeMessage(queue)),
) {
  const outcomes = messages.map((message) =>
    broker.publish([{ message, delayMs: 0 }]).then(
      () => 'stored',
      (error: unknown) =>
        error instanceof LeveretError ? `${error.code} ${error.details['outcome']}` : String(error),
    ),
  );
  return { messages, outcomes: Promise.all(outcomes) };
}

describe.skipIf(!hasRabbitmq())('publishing to a broker', () => {
  test.each([
    ['that is frozen', 'freeze'],
    ['that hears and does not answer', 'holdAnswers'],
  ] as const)('%s waits for it: all is stored once when it goes on', async (_how, fault) => {
    await using bench = await openBench();
    const { broker, proxy } = bench;
    proxy[fault]();

    const published = publishMany(broker, 'work');
    await sleep(systemClock, 4_000);
    const again = publishMany(broker, 'work', published.messages);
    proxy.thaw();

    expect(new Set([...(await published.outcomes), ...(await again.outcomes)])).toEqual(new Set(['stored']));
    const inspected = () => broker.inspect(['work']).catch(() => undefined);
    await expect.poll(inspected).toMatchObject([{ ready: 601 }]);
  });

  test('that is frozen, to a queue that is new, is refused in time, and nothing is sent', async () => {
    await using bench = await openBench();
    bench.proxy.freeze();
    const startedAt = performance.now();

    const outcomes = await publishMany(bench.broker, 'new').outcomes;
    const tookMs = performance.now() - startedAt;

    expect(new Set(outcomes)).toEqual(new Set(['BROKER_UNAVAILABLE not-stored']));
    expect(tookMs).toBeLessThan(REFUSED_MS);
  });

  test('that is gone is refused in time, whenever it went', async () => {
    await using bench = await openBench();
    bench.proxy.refuse(true);
    bench.proxy.cut();
    const startedAt = performance.now();

    const going = await publishMany(bench.broker, 'work').outcomes;
    const goingMs = performance.now() - startedAt;
    await expect.poll(() => bench.broker.status().state).toBe('down');
    const gone = await publishMany(bench.broker, 'work').outcomes;

    for (const outcome of going) expect(outcome).toMatch(/^BROKER_UNAVAILABLE (?:not-stored|unknown)$/);
    expect(new Set(gone)).toEqual(new Set(['BROKER_UNAVAILABLE not-stored']));
    expect(goingMs).toBeLessThan(REFUSED_MS);
  });
});
