import { LeveretError, type Logger, sleep, stderrLogger, systemClock } from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { sampleMessage, startTcpProxy } from '@leveret/testing';
import { type ControlledNode, hasServer, openVhost, startControlledNode } from '@leveret/testing/rabbitmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROKER, createConnectionLosses } from './connection-losses.ts';
import { brokerFaults, type Fault, linkFaults, type Scene } from './faults.ts';
import { createHistory } from './history.ts';
import { startLoad } from './load.ts';
import { describeExtraRuns } from './run-log.ts';

const QUEUE = 'faults';
/** How long `enqueue`, or a publish that the broker takes nothing of, may go unanswered, in milliseconds; 2.5 s are promised, a busy machine gets more. */
const ANSWER_MS = 4_000;
/** How soon after the broker is able to it has to be consumed again, in milliseconds; 5 s are promised, a busy machine gets more. */
const BACK_MS = 8_000;
/** Load before and after a fault, in milliseconds. */
const CALM_MS = 500;

describe.skipIf(!hasServer())('a broker of its own', () => {
  let node: ControlledNode;
  beforeAll(async () => {
    node = await startControlledNode();
  }, 120_000);
  afterAll(() => node[Symbol.asyncDispose]());

  async function survive({
    name,
    provoke,
    mend,
    heartbeatS = 10,
    prepare,
    unseenMs = 0,
    isSilent = false,
    endsBroker = false,
  }: Fault): Promise<void> {
    await prepare?.(node);
    await using vhost = await openVhost(node);
    await using proxy = await startTcpProxy(vhost.amqpUrl);
    const history = createHistory();
    const losses = createConnectionLosses(history.runs, QUEUE);
    await using broker = await openBroker(`${proxy.url}?heartbeat=${heartbeatS}`, losses.logger);
    const load = await startLoad(broker, QUEUE, history);
    await load.probe();
    await sleep(systemClock, CALM_MS);

    const scene: Scene = { node, proxy, vhost, queue: QUEUE, load };
    if (isSilent) losses.silent();
    const from = systemClock.now();
    await provoke(scene);
    if (endsBroker) history.runs.lost({ cause: 'broker ended', holder: BROKER, from, to: systemClock.now() });
    const backMs = await load.probe();
    await sleep(systemClock, CALM_MS);
    const mendedCount = await mend?.(scene);
    const { accepted, lost, extraRuns, unexpected, slowestAnswerMs } = await load.finish();

    process.stdout.write(
      `${name}: ${accepted} accepted, ${lost.length} lost, ${describeExtraRuns(extraRuns)}; slowest answer ${slowestAnswerMs} ms, consuming again after ${backMs} ms${mendedCount === undefined ? '' : `, ${mendedCount} moved by hand`}\n`,
    );
    expect({ lost, unexpected }).toEqual({ lost: [], unexpected: [] });
    expect(extraRuns.unexplained).toEqual([]);
    expect(slowestAnswerMs).toBeLessThan(ANSWER_MS);
    expect(backMs).toBeLessThan(unseenMs + BACK_MS);
  }

  test.each([
    { state: 'frozen', begin: () => node.freeze(), end: () => node.thaw() },
    {
      state: 'blocked',
      begin: () => node.control('set_disk_free_limit', '1000GB'),
      end: () => node.control('set_disk_free_limit', '200MB'),
    },
  ])(
    'a queue that was never used before is published to: answered soon while the broker is $state',
    async ({ state, begin, end }) => {
      await using vhost = await openVhost(node);
      await using broker = await openBroker(vhost.amqpUrl);
      await broker.publish([{ message: sampleMessage(QUEUE), delayMs: 0 }]);

      await begin();
      const since = systemClock.monotonic();
      const answers = await Promise.allSettled(
        ['new', 'other'].map((queue) => broker.publish([{ message: sampleMessage(queue), delayMs: 0 }])),
      );
      const tookMs = systemClock.monotonic() - since;
      await end();

      process.stdout.write(
        `first publish to a queue, broker ${state}: answered after ${Math.round(tookMs)} ms\n`,
      );
      expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(tookMs).toBeLessThan(ANSWER_MS);
    },
  );

  test('what waits is consumed while the broker takes nothing', async () => {
    await using vhost = await openVhost(node);
    await using broker = await openBroker(vhost.amqpUrl);
    const jobs = Array.from({ length: 50 }, () => ({ message: sampleMessage(QUEUE), delayMs: 0 }));
    await broker.publish(jobs);
    const arrived = new Set<string>();
    let published = Promise.resolve();

    await node.control('set_disk_free_limit', '1000GB');
    try {
      // It waits until the broker takes it, or says at once that it takes nothing.
      published = broker.publish([{ message: sampleMessage(QUEUE), delayMs: 0 }]).catch((error: unknown) => {
        expect(error).toBeInstanceOf(LeveretError);
      });
      await broker.consume(QUEUE, {
        prefetch: 5,
        onDelivery({ message, settle }) {
          arrived.add(message.id);
          settle({ events: [] }).catch(() => undefined);
        },
      });

      await expect.poll(() => arrived.size).toBeGreaterThanOrEqual(jobs.length);
    } finally {
      await node.control('set_disk_free_limit', '200MB');
    }
    await published;
  });

  const TITLE = '$name, under load: nothing is lost, every enqueue is answered soon, and consuming goes on';
  test.each(brokerFaults)(TITLE, survive);
  test.concurrent.each(linkFaults)(TITLE, survive);
});

async function openBroker(url: string, logger: Logger = stderrLogger) {
  const broker = await createRabbitmqBroker({ urls: [url], logger });
  await broker.declare([QUEUE]);
  return Object.assign(broker, { [Symbol.asyncDispose]: () => broker.close(1_000) });
}
