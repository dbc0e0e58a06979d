import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, type JobEvent, knownEvents, LEDGER_ADDRESS, sleep, systemClock } from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { sampleMessage, startTcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { answerWorker } from './answering.ts';
import { DEADLY, type DeadlyNews } from './deadly-handler.ts';
import { superviseWorkers } from './deadly-workers.ts';
import { ROUNDS } from './rounds.ts';
import { createRunLog, describeExtraRuns, type RunLog } from './run-log.ts';

const JOBS = ROUNDS * 50;
/** Next to the job that kills, however many rounds there are: a share of the usual throughput needs seconds of work to be measured. */
const GOOD_JOBS = 1_000;
const CUTS = Math.ceil(ROUNDS * 6.5);
const DRAINS = Math.ceil(ROUNDS / 2);
const WORKERS = 2;
/** What good jobs keep of the usual throughput in workers that live. The time in which a worker that died is started again is its supervisor's. */
const LEAST_THROUGHPUT = 0.8;
/** Slots of a worker. */
const CONCURRENCY = 10;
const QUEUE = 'poison';
/** How long a child process takes to start, one after the other, after the worker has decided on the start of its job, in milliseconds. */
const CHILD_MS = 5_000;
/** Pause between two faults, in milliseconds. */
const PAUSE_MS = 150;
/** How long all jobs may take to come to their end, in milliseconds. */
const END_MS = 240_000;

/** A broker that is told what becomes of jobs, and a file in which it is written down when they begin and end. */
async function openScene() {
  const vhost = await openVhost();
  const broker = await createRabbitmqBroker({ urls: [vhost.amqpUrl] });
  await broker.declare([QUEUE]);
  const folder = await mkdtemp(join(tmpdir(), 'leveret-poison-'));
  const file = join(folder, 'begun');
  await writeFile(file, '');
  const outcomes = new Map<string, JobEvent>();
  const charged = new Set<string>();
  // Workers start jobs only while a ledger says that nobody has decided against them.
  await broker.live.answer(LEDGER_ADDRESS, answerWorker);
  await broker.recordEvents(async (entries) => {
    for (const event of knownEvents(entries)) {
      if (event.type === 'succeeded' || event.type === 'dead-lettered') outcomes.set(event.jobId, event);
      if (event.type === 'crashed' || event.type === 'retried') charged.add(event.jobId);
    }
  });
  return {
    broker,
    url: vhost.amqpUrl,
    file,
    outcomes,
    charged,
    /** What is written down, in its order. */
    async news(): Promise<readonly DeadlyNews[]> {
      const lines = (await readFile(file, 'utf8')).split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as DeadlyNews);
    },
    async [Symbol.asyncDispose]() {
      await broker.close(1_000);
      await rm(folder, { recursive: true });
      await vhost[Symbol.asyncDispose]();
    },
  };
}

type Beginnings = ReadonlyMap<string, readonly number[]>;

/** The workers in which each job began, once for each beginning. */
function beginningsIn(news: readonly DeadlyNews[]): Beginnings {
  const workers = new Map<string, number[]>();
  for (const one of news)
    if (one.what === 'began') workers.set(one.id, [...(workers.get(one.id) ?? []), one.worker]);
  return workers;
}

/** Notes in `runs` where jobs began and ended, and which workers lost their connection since the last of `cuts`. */
function noteRuns(runs: RunLog, news: readonly DeadlyNews[], cuts: readonly number[] = []): void {
  for (const one of news) {
    const { at } = one;
    const holder = String(one.worker);
    if (one.what === 'began')
      runs.started(one, holder, { at, heldSince: one.isInChild ? at - CHILD_MS : at });
    else if (one.what === 'ended') runs.ended(one, holder, at);
    else runs.lost({ cause: 'link cut', holder, from: cuts.findLast((cut) => cut <= at) ?? at, to: at });
  }
}

/** Jobs that began more than once in one worker: there is no need for that as long as it lives. */
function begunTwiceInVain(begun: Beginnings): readonly string[] {
  return [...begun].filter(([, workers]) => new Set(workers).size < workers.length).map(([id]) => id);
}

/** Publishes `count` jobs, and one that kills in their midst if that is wanted; resolves with its id. */
async function publishJobs(broker: Broker, count: number, isWithKiller: boolean): Promise<string> {
  const good = Array.from({ length: count }, () => ({ message: sampleMessage(QUEUE), delayMs: 0 }));
  const killer = sampleMessage(QUEUE, DEADLY);
  const middle = Math.floor(count / 2);
  const killers = isWithKiller ? [{ message: killer, delayMs: 0 }] : [];
  await broker.publish([...good.slice(0, middle), ...killers, ...good.slice(middle)]);
  return killer.id;
}

/** Has the workers do the jobs, and measures how long the good ones took, in milliseconds. */
async function workOff(isWithKiller: boolean) {
  await using scene = await openScene();
  const killer = await publishJobs(scene.broker, GOOD_JOBS, isWithKiller);
  await using workers = await superviseWorkers(WORKERS, {
    url: scene.url,
    queue: QUEUE,
    file: scene.file,
  });
  const since = systemClock.monotonic();
  const { outcomes, charged } = scene;
  const goodCount = () => outcomes.size - (outcomes.has(killer) ? 1 : 0);
  await expect.poll(goodCount, { timeout: END_MS, interval: 20 }).toBe(GOOD_JOBS);
  const goodMs = systemClock.monotonic() - since;
  const downMs = workers.downMs();
  await expect.poll(() => outcomes.has(killer), { timeout: END_MS }).toBe(isWithKiller);
  return {
    killer,
    goodMs,
    downMs,
    outcomes,
    charged,
    news: await scene.news(),
    deaths: workers.deathCount(),
  };
}

describe.skipIf(!hasRabbitmq())('on RabbitMQ', () => {
  test(`of ${GOOD_JOBS} jobs beside one that kills its process three times, none is dead-lettered, charged, or run again without need`, async () => {
    const { goodMs: usualMs } = await workOff(false);
    const { killer, goodMs, downMs, outcomes, charged, news, deaths } = await workOff(true);
    const begun = beginningsIn(news);
    const runs = createRunLog();
    const isOfKiller = (one: DeadlyNews) => one.what === 'began' && one.id === killer;
    const others = news.filter((one) => !isOfKiller(one));
    noteRuns(runs, others);
    // Its third run kills a child process alone.
    for (const { worker, at } of news.filter(isOfKiller).slice(0, deaths))
      runs.lost({ cause: 'worker killed', holder: String(worker), from: at, to: at });
    const extraRuns = runs.extraRuns();

    const dead = [...outcomes.values()].filter(({ type }) => type === 'dead-lettered');
    const inWorkersThatLive = (usualMs + downMs / WORKERS) / goodMs;
    process.stdout.write(
      `One killer among ${GOOD_JOBS}: ${deaths} workers died and were down for ${Math.round(downMs / deaths)} ms each, ${begun.get(killer)?.length} kills, of the others ${describeExtraRuns(extraRuns)}; their throughput ${(usualMs / goodMs).toFixed(2)} of the usual, in workers that live ${inWorkersThatLive.toFixed(2)}\n`,
    );
    expect(dead).toMatchObject([{ jobId: killer, failure: { code: 'WORKER_CRASHED' } }]);
    // Its third death, in a child process, is the last: no run of it is charged before.
    expect([...charged]).toEqual([]);
    expect({ deaths, kills: begun.get(killer)?.length }).toEqual({ deaths: 2, kills: 3 });
    // Only jobs in flight in the workers that died.
    expect(extraRuns.count).toBeLessThanOrEqual(deaths * (CONCURRENCY - 1));
    expect(extraRuns.unexplained).toEqual([]);
    expect(begunTwiceInVain(beginningsIn(others))).toEqual([]);
    expect(begun.size).toBe(GOOD_JOBS + 1);
    expect(inWorkersThatLive).toBeGreaterThanOrEqual(LEAST_THROUGHPUT);
  });

  test(`${CUTS} dropped links and ${DRAINS} drains dead-letter nothing, charge nobody, and have nothing run again that need not`, async () => {
    await using scene = await openScene();
    await using proxy = await startTcpProxy(scene.url);
    await using workers = await superviseWorkers(1, { url: proxy.url, queue: QUEUE, file: scene.file });
    await publishJobs(scene.broker, JOBS, false);

    const cuts: number[] = [];
    for (let fault = 0; fault < CUTS; fault += 1) {
      cuts.push(systemClock.now());
      proxy.cut();
      await sleep(systemClock, PAUSE_MS);
      if (fault % Math.ceil(CUTS / DRAINS) === 0) await workers.drainOne();
    }
    await expect.poll(() => scene.outcomes.size, { timeout: END_MS }).toBe(JOBS);

    const news = await scene.news();
    const runs = createRunLog();
    noteRuns(runs, news, cuts);
    const extraRuns = runs.extraRuns();
    process.stdout.write(
      `${CUTS} dropped links and ${DRAINS} drains: ${JOBS} jobs, 0 charged, ${describeExtraRuns(extraRuns)}\n`,
    );
    expect([...scene.outcomes.values()].filter(({ type }) => type !== 'succeeded')).toEqual([]);
    expect([...scene.charged]).toEqual([]);
    expect(workers.deathCount()).toBe(0);
    // A worker that ended could not tell the broker what it had done while its link was down. One that lives runs nothing twice.
    expect(begunTwiceInVain(beginningsIn(news))).toEqual([]);
    expect(extraRuns.unexplained).toEqual([]);
    expect(extraRuns.count).toBeLessThanOrEqual(DRAINS * CONCURRENCY);
  });
});
