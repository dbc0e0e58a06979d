import { type Broker, knownEvents, LEDGER_ADDRESS, sleep, systemClock, systemRandom } from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { type ControlledNode, hasServer, openVhost, startControlledNode } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { answerWorker } from './answering.ts';
import { createBeginnings } from './beginnings.ts';
import { PUBLISHING } from './connection-losses.ts';
import { QUEUES_KEPT_MS } from './faults.ts';
import { createHistory } from './history.ts';
import { createProducer } from './producer.ts';
import { ROUNDS } from './rounds.ts';
import { describeExtraRuns } from './run-log.ts';
import { startWorkerProcess } from './worker-process.ts';

const JOBS = 200;
const QUEUE = 'kills';
/** How long after a round's kill its last job may take before it counts as lost, in milliseconds. */
const LOST_AFTER_MS = 60_000;
/** How long a round takes at most on average, in milliseconds: a broker that was killed takes its time to start. */
const LONGEST_ROUND_MS = 20_000;
/** How soon jobs run again, in milliseconds; 3 s are promised, a busy machine gets more. */
const BACK_MS = 6_000;
/** The slowest answer that a producer may get, in milliseconds; 2.5 s are promised, a busy machine gets more. */
const ANSWER_MS = 4_000;

/** Two workers at a broker, jobs for them, and how long they took to run again after each kill. */
async function startScene(node: ControlledNode, amqpUrl: string, broker: Broker) {
  const history = createHistory();
  const producer = createProducer(broker, QUEUE, history);
  const offerOne = () => producer.offer(producer.nextId());
  const beginnings = createBeginnings();
  const afterWorkerMs: number[] = [];
  const afterBrokerMs: number[] = [];
  let startedCount = 0;
  let brokerKilledAt = Number.POSITIVE_INFINITY;
  async function startOne() {
    startedCount += 1;
    const number = startedCount;
    const name = `worker ${number}`;
    const worker = await startWorkerProcess(amqpUrl, QUEUE, {
      onRun(news) {
        if (news.what === 'ended') return history.runs.ended(news, name, news.at);
        history.delivered(news, name, news.at);
        beginnings.note(news.id, number);
      },
      // What it starts after that is not explained by the loss.
      onLost: (to) => history.runs.lost({ cause: 'broker killed', holder: name, from: brokerKilledAt, to }),
    });
    return { number, name, ...worker };
  }
  // Workers start jobs only while a ledger says that nobody has decided against them.
  await broker.live.answer(LEDGER_ADDRESS, answerWorker);
  await broker.recordEvents(async (entries) => {
    for (const { type, jobId } of knownEvents(entries)) if (type === 'succeeded') history.settled(jobId);
  });
  const workers = [await startOne(), await startOne()];

  return {
    history,
    beginnings,
    offerOne,
    afterWorkerMs,
    afterBrokerMs,
    async killWorker() {
      const [doomed] = workers.splice(systemRandom() < 0.5 ? 0 : 1, 1);
      if (doomed === undefined) throw new Error('there is no worker');
      const killedAt = systemClock.monotonic();
      const from = systemClock.now();
      await doomed.kill();
      history.runs.lost({ cause: 'worker killed', holder: doomed.name, from, to: systemClock.now() });
      // What it had in hand may run elsewhere before we hear of the one or the other.
      const untilElsewhere = (id: string) =>
        beginnings.until(
          `job ${id} of a killed worker runs elsewhere`,
          killedAt,
          (begun) => begun.id === id && begun.worker !== doomed.number,
        );
      afterWorkerMs.push(...(await Promise.all([...doomed.inHand].map(untilElsewhere))));
      workers.push(await startOne());
    },
    async killBroker() {
      brokerKilledAt = systemClock.now();
      await node.kill();
      await node.start();
      const to = systemClock.now();
      history.runs.lost({ cause: 'broker killed', holder: PUBLISHING, from: brokerKilledAt, to });
      const openAt = systemClock.monotonic();
      // On a busy machine all others may have run before.
      const accepted = offerOne();
      afterBrokerMs.push(await beginnings.until('a job runs after the broker is back', openAt, () => true));
      await accepted;
    },
    async [Symbol.asyncDispose]() {
      for (const worker of workers) await worker.kill();
    },
  };
}

describe.skipIf(!hasServer())('a broker of its own', () => {
  const TITLE = `${ROUNDS} times kill -9 of the broker or of a worker, amid ${JOBS} jobs each: none is lost`;
  test(TITLE, { timeout: (ROUNDS + 10) * LONGEST_ROUND_MS }, async () => {
    await using node = await startControlledNode();
    await using vhost = await openVhost(node);
    await using broker = await openBroker(vhost.amqpUrl);
    await using scene = await startScene(node, vhost.amqpUrl, broker);
    const { history, beginnings, offerOne, killWorker, killBroker, afterWorkerMs, afterBrokerMs } = scene;
    let isWorkersTurn = false;
    await sleep(systemClock, QUEUES_KEPT_MS);

    for (let round = 0; round < ROUNDS; round += 1) {
      const begunAt = systemClock.monotonic();
      const killAt = beginnings.count() + Math.ceil(systemRandom() * (JOBS / 2));
      const accepted = Promise.all(Array.from({ length: JOBS }, offerOne));
      await beginnings.until(`${killAt} jobs have begun`, begunAt, () => beginnings.count() >= killAt);
      // One of each in two rounds, in either order.
      isWorkersTurn = round % 2 === 0 ? systemRandom() < 0.5 : !isWorkersTurn;
      await (isWorkersTurn ? killWorker() : killBroker());
      await accepted;
      await expect
        .poll(() => history.openCount(), { timeout: LOST_AFTER_MS, interval: 20, message: `round ${round}` })
        .toBe(0);
    }

    const { accepted, lost, extraRuns, unexpected, slowestAnswerMs } = history.report();
    process.stdout.write(
      `${ROUNDS} random kills: ${accepted} accepted, ${lost.length} lost, ${describeExtraRuns(extraRuns)}; slowest answer ${slowestAnswerMs} ms\n` +
        `kill -9 of a worker: its jobs run elsewhere ${quantiles(afterWorkerMs)}\n` +
        `kill -9 of the broker: the first job runs ${quantiles(afterBrokerMs)} after its port is open\n`,
    );
    const offered = ROUNDS * JOBS + afterBrokerMs.length;
    expect({ accepted, lost, unexpected }).toEqual({ accepted: offered, lost: [], unexpected: [] });
    expect(extraRuns.unexplained).toEqual([]);
    expect(slowestAnswerMs).toBeLessThan(ANSWER_MS);
    for (const tookMs of [afterWorkerMs, afterBrokerMs]) expect(quantile(tookMs, 0.99)).toBeLessThan(BACK_MS);
  });
});

async function openBroker(url: string) {
  const broker = await createRabbitmqBroker({ urls: [url] });
  await broker.declare([QUEUE]);
  return Object.assign(broker, { [Symbol.asyncDispose]: () => broker.close(1_000) });
}

/** The value that `share` of them do not exceed; 0 when there are none. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
}

function quantiles(values: readonly number[]): string {
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => quantile(values, share));
  return `within ${p50} ms (p50), ${p99} ms (p99), ${max} ms (max) of ${values.length} times`;
}
