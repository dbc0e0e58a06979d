import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJobClient } from '@leveret/client';
import {
  fingerprintOf,
  JOB_STATES,
  type JobDetails,
  type JobReader,
  silentLogger,
  sleep,
  systemClock,
  systemRandom,
} from '@leveret/core';
import { openSqliteDatabase, openSqliteJobReader } from '@leveret/sqlite';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { ROUNDS } from '../../rounds.ts';
import { openOperator } from '../installation.ts';
import { COUNTED_QUEUE, type CountedJob, createCountedJobs, offerJobs } from './counted-job.ts';
import { type CountedProcess, type Place, type Role, startCountedProcess } from './counted-process.ts';

/** Two of them are the last ones, of both processes. */
const KILLS = Math.max(ROUNDS, 4);
/** Jobs for each kill. */
const JOBS_PER_ROUND = 40;
/** The longest that a process works on the jobs of a round before it is killed, in milliseconds. */
const KILLED_WITHIN_MS = 600;
/** How long all jobs may take to end after the last kill, in milliseconds: a relay publishes after 15 s what a process did not. */
const ALL_ENDED_MS = 120_000;
/** How long a round takes at most on average, in milliseconds: starting a process takes most of it. */
const LONGEST_ROUND_MS = 15_000;

/** An installation of two processes, either of which may be killed. */
interface Scene extends AsyncDisposable {
  readonly place: Place;
  readonly roles: readonly [Role, Role];
  readonly reader: JobReader;
  /** Enqueues jobs and acts on them, in one of the processes or in this one. */
  offer(
    jobs: readonly CountedJob[],
    process: CountedProcess,
    onAccepted: (id: string) => void,
  ): Promise<void>;
}

async function openEmbedded(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-counts-'));
  const file = join(folder, 'leveret.db');
  await (await openSqliteDatabase({ file, logger: silentLogger })).close();
  const reader = await openSqliteJobReader({ file });
  return {
    place: { file, url: '' },
    roles: ['embedded', 'embedded'],
    reader,
    offer: (jobs, process, onAccepted) => process.offer(jobs, onAccepted),
    async [Symbol.asyncDispose]() {
      await reader.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openRabbitmq(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-counts-'));
  const file = join(folder, 'ledger.db');
  const vhost = await openVhost();
  const operator = await openOperator(vhost.amqpUrl, file);
  const { broker, store, control, reader } = operator;
  await broker.declare([COUNTED_QUEUE]);
  const client = createJobClient({ broker, store, logger: silentLogger });
  return {
    place: { file, url: vhost.amqpUrl },
    roles: ['recorder', 'worker'],
    reader,
    offer: (jobs, _process, onAccepted) => offerJobs({ client, control }, jobs, onAccepted),
    async [Symbol.asyncDispose]() {
      await client.close();
      await operator[Symbol.asyncDispose]();
      await vhost[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Reads every job by its id: no counter and no index of lists is asked. Nothing may write meanwhile. */
async function readJobs(reader: JobReader, ids: readonly string[]): Promise<readonly JobDetails[]> {
  const jobs = await Promise.all(ids.map((id) => reader.get(id)));
  return jobs.filter((details) => details !== undefined);
}

/** Compares the ledger's own counts with those of the jobs. */
async function expectExactCounts(reader: JobReader, jobs: readonly JobDetails[]): Promise<void> {
  const byState: Record<string, number> = {};
  const byFingerprint: Record<string, { retrying: number; dead: number }> = {};
  for (const { job } of jobs) {
    byState[job.state] = (byState[job.state] ?? 0) + 1;
    if (job.failure === undefined || (job.state !== 'retrying' && job.state !== 'dead')) continue;
    const fingerprint = fingerprintOf(job.failure);
    byFingerprint[fingerprint] ??= { retrying: 0, dead: 0 };
    byFingerprint[fingerprint][job.state] += 1;
  }

  const counters = await reader.counts();
  expect(Object.fromEntries(counters.map(({ state, count }) => [state, count]))).toEqual(byState);
  expect(counters.every(({ queue, kind }) => queue === COUNTED_QUEUE && kind === 'counted.job')).toBe(true);
  const groups = await reader.failureGroups(100);
  expect(
    Object.fromEntries(groups.map(({ fingerprint, retrying, dead }) => [fingerprint, { retrying, dead }])),
  ).toEqual(byFingerprint);
}

function isOpen({ job }: JobDetails): boolean {
  return !JOB_STATES[job.state].terminal;
}

const carriers = [
  { name: 'SQLite', open: openEmbedded },
  ...(hasRabbitmq() ? [{ name: 'RabbitMQ', open: openRabbitmq }] : []),
];

describe.concurrent('the counts of a ledger', () => {
  test.for(carriers)(
    `are exact after ${KILLS} kills of its processes at random moments, on $name`,
    { timeout: (KILLS + 10) * LONGEST_ROUND_MS },
    async ({ name, open }, { expect }) => {
      await using scene = await open();
      const { reader, place, roles } = scene;
      const start = (index: number) => startCountedProcess(roles[index === 0 ? 0 : 1], place);
      const processes = [start(0), start(1)];
      const offered: string[] = [];
      const accepted = new Set<string>();
      const offers: Promise<void>[] = [];
      const offerTo = (process: CountedProcess) => {
        const jobs = createCountedJobs(JOBS_PER_ROUND);
        offered.push(...jobs.map(({ id }) => id));
        offers.push(scene.offer(jobs, process, (id) => accepted.add(id)));
      };
      const kill = async (index: number) => await (await processes[index])?.kill();

      for (let round = 2; round < KILLS; round += 1) {
        const index = systemRandom() < 0.5 ? 0 : 1;
        const doomed = await (processes[index] ?? start(index));
        offerTo(doomed);
        await sleep(systemClock, systemRandom() * KILLED_WITHIN_MS);
        await doomed.kill();
        processes[index] = start(index);
      }
      await Promise.all([kill(0), kill(1)]);
      await Promise.all(offers);
      const halfDone = await readJobs(reader, offered);
      await expectExactCounts(reader, halfDone);

      const last = await Promise.all([start(0), start(1)]);
      await expect
        .poll(async () => (await readJobs(reader, offered)).filter(isOpen).map(({ job }) => job.id), {
          timeout: ALL_ENDED_MS,
          interval: 500,
        })
        .toEqual([]);
      await Promise.all(last.map((process) => process.kill()));
      const ended = await readJobs(reader, offered);

      await expectExactCounts(reader, ended);
      const known = new Set(ended.map(({ job }) => job.id));
      expect([...accepted].filter((id) => !known.has(id))).toEqual([]);
      expect(ended.filter(({ undispatchedSince }) => undispatchedSince !== undefined)).toEqual([]);
      const openCount = halfDone.filter(isOpen).length;
      process.stdout.write(
        `${name}: ${KILLS} kills, ${accepted.size} jobs, ${openCount} open after the last: all counts exact, none lost\n`,
      );
    },
  );
});
