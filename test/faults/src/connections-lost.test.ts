import { type Logger, systemClock, withDeadline } from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { startTcpProxy, type TcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost, type TestVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { CONSUMING, createConnectionLosses } from './connection-losses.ts';
import { createHistory } from './history.ts';
import { createProducer } from './producer.ts';
import { ROUNDS, SHARE } from './rounds.ts';
import { describeExtraRuns, type RunLog } from './run-log.ts';

/** How often the connections are cut off. */
const CUTS = ROUNDS * (SHARE < 1 ? 5 : 25);
const QUEUE = 'flaps';
/** How soon after an interruption a new job has to be delivered, in milliseconds. */
const WITHIN_MS = 5_000;
/** How long an accepted job may take to be delivered before it counts as lost, in milliseconds. */
const LOST_AFTER_MS = 20_000;
/** Jobs of the load that are under way at a time. */
const PRODUCERS = 5;

/** A broker whose log lines are counted by their text, and the warnings that Node gives while it is open. */
async function openWatchedBroker(url: string, runs: RunLog) {
  const counts = new Map<string, number>();
  const count = (_fields: object, text: string) => counts.set(text, (counts.get(text) ?? 0) + 1);
  const logger: Logger = {
    debug: () => undefined,
    info: count,
    warn: count,
    error: count,
    child: () => logger,
  };
  const losses = createConnectionLosses(runs, QUEUE, logger);
  const warnings: string[] = [];
  const noteWarning = (warning: Error) => warnings.push(warning.message);
  process.on('warning', noteWarning);
  const broker = await createRabbitmqBroker({ urls: [url], logger: losses.logger });
  await broker.declare([QUEUE]);
  return {
    broker,
    lines: counts as ReadonlyMap<string, number>,
    warnings: warnings as readonly string[],
    async [Symbol.asyncDispose]() {
      process.off('warning', noteWarning);
      await broker.close(1_000);
    },
  };
}

/** Sockets that this process has open. */
function socketCount(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
}

interface Interruption {
  readonly name: string;
  readonly times: number;
  /** Resolves when the connections are gone. */
  readonly interrupt: (proxy: TcpProxy, vhost: TestVhost) => unknown;
}

const interruptions: readonly Interruption[] = [
  { name: 'cut off', times: CUTS, interrupt: (proxy) => proxy.cut() },
  {
    name: 'thrown out by the broker',
    times: ROUNDS,
    // The broker lists a connection up to five seconds after it was made.
    interrupt: (_proxy, { name, management }) =>
      expect.poll(() => management.closeConnections(name)).toBeGreaterThan(0),
  },
];

describe.skipIf(!hasRabbitmq())('on RabbitMQ', () => {
  test.each(interruptions)(
    '$times times $name under load, a broker publishes and consumes again soon, and loses and leaks nothing',
    async ({ name, times, interrupt }) => {
      await using vhost = await openVhost();
      await using proxy = await startTcpProxy(vhost.amqpUrl);
      const history = createHistory();
      await using watched = await openWatchedBroker(proxy.url, history.runs);
      const { broker, lines, warnings } = watched;
      const waiting = new Map<string, () => void>();
      await broker.consume(QUEUE, {
        prefetch: 20,
        onDelivery({ message, settle }) {
          history.delivered(message, CONSUMING);
          waiting.get(message.id)?.();
          history.runs.settling(message, CONSUMING);
          settle({ events: [] }).catch(() => undefined);
        },
      });
      const producer = createProducer(broker, QUEUE, history);
      let acceptedCount = 0;
      const enqueue = async () => {
        const id = producer.nextId();
        const delivered = new Promise<void>((resolve) => waiting.set(id, resolve));
        await producer.offer(id);
        acceptedCount += 1;
        await withDeadline(systemClock, LOST_AFTER_MS, delivered, () => new Error(`lost: ${id}`));
        waiting.delete(id);
      };
      await enqueue();
      const socketsBefore = socketCount();
      let isOver = false;
      const load = Promise.all(
        Array.from({ length: PRODUCERS }, async () => {
          while (!isOver) await enqueue();
        }),
      );

      const tookMs: number[] = [];
      for (let time = 0; time < times; time += 1) {
        await interrupt(proxy, vhost);
        const goneAt = systemClock.monotonic();
        await enqueue();
        tookMs.push(systemClock.monotonic() - goneAt);
      }
      isOver = true;
      await load;

      await expect.poll(() => broker.inspect([QUEUE])).toMatchObject([{ ready: 0, dead: 0 }]);
      const { extraRuns } = history.report();
      tookMs.sort((a, b) => a - b);
      const at = (share: number) => Math.round(tookMs[Math.ceil(share * tookMs.length) - 1] ?? 0);
      process.stdout.write(
        `${times} times ${name}: ${acceptedCount} jobs, 0 lost, ${describeExtraRuns(extraRuns)}; back after ${at(0.5)} ms (p50), ${at(0.99)} ms (p99), ${at(1)} ms at most\n`,
      );
      expect(extraRuns.unexplained).toEqual([]);
      expect(at(1)).toBeLessThan(WITHIN_MS);
      expect(proxy.connectionCount()).toBe(2);
      expect(socketCount()).toBe(socketsBefore);
      // A change of state is a line, for each of both connections; a try is none.
      expect(lines.get('lost the connection to the broker')).toBe(lines.get('connected to the broker again'));
      expect([...lines.values()].every((count) => count <= 2 * times)).toBe(true);
      expect(warnings).toEqual([]);
    },
  );
});
