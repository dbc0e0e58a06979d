import { type Clock, type JobReader, type Random, sleep } from '@leveret/core';
import Table from 'cli-table3';
import { openContender } from '../contender.ts';
import { median, percentile } from '../statistics.ts';
import type { Subject } from '../subject.ts';
import { fillLedger, type LedgerContent } from './filled-ledger.ts';
import { askWorst, indexedQuestions, type Question } from './questions.ts';
import { type SteadyLoad, startSteadyLoad } from './steady-load.ts';

/** How often each question is asked in a round. */
const TIMES = 40;
/** How many of the worst questions are asked at once. */
const WORST_AT_ONCE = 20;
/** For so long in each round jobs are enqueued without a question, and with the worst ones, in milliseconds. */
const PHASE_MS = 10_000;
/** How long the load runs before anything is measured, in milliseconds. */
const WARM_UP_MS = 3_000;
/** It is told how far the ledger is filled after so many jobs. */
const TOLD_EVERY = 100_000;
/** By how much the worst questions may slow enqueueing down. */
const WORST_RATIO = 1.2;

/** Durations in milliseconds. */
export interface Durations {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What was measured of a question. */
export interface Answered extends Durations {
  readonly title: string;
  readonly aimMs?: number;
}

/** What asking a ledger found. */
export interface QuestionsReport {
  readonly jobCount: number;
  readonly questions: readonly Answered[];
  /** Enqueueing, of each round. */
  readonly enqueue: readonly {
    readonly alone: Durations;
    readonly withWorst: Durations;
  }[];
}

/** What is measured, and how. */
export interface QuestionsOptions {
  readonly subject: Subject;
  /** Name of the queue that Leveret uses. */
  readonly queue: string;
  /** Jobs in the ledger. */
  readonly jobCount: number;
  /** How often enqueueing is measured, without and with the worst questions. */
  readonly rounds: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Takes a line about how far it is. */
  readonly onProgress: (line: string) => void;
}

/** Fills a ledger and asks it every question, while jobs are enqueued and done; then measures what the worst questions do to those. */
export async function runQuestions(options: QuestionsOptions): Promise<QuestionsReport> {
  const { subject, queue, rounds, clock, onProgress } = options;
  const content = await fill(options);
  const leveret = await openContender(subject, queue, 'ledger');
  const reader = await subject.openReader();
  const load = await startSteadyLoad(leveret, clock);
  try {
    await sleep(clock, WARM_UP_MS);
    const questions = await measureQuestions(reader, content, options);
    const enqueue: QuestionsReport['enqueue'][number][] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const alone = await measureLoad(load, () => sleep(clock, PHASE_MS));
      const withWorst = await measureLoad(load, () => askAllWorst(reader, clock));
      enqueue.push({ alone, withWorst });
      onProgress(
        `enqueue p99: round ${round} of ${rounds}, alone ${alone.p99.toFixed(2)} ms, with the worst questions ${withWorst.p99.toFixed(2)} ms`,
      );
    }
    return { jobCount: content.jobCount, questions, enqueue };
  } finally {
    await load.stop();
    await reader.close();
    await leveret.close();
  }
}

async function fill({
  subject,
  jobCount,
  clock,
  random,
  onProgress,
}: QuestionsOptions): Promise<LedgerContent> {
  const broker = await subject.openBroker();
  const store = await subject.openStore(broker);
  const startedAt = clock.monotonic();
  const tellProgress = (filled: number) => {
    const seconds = Math.round((clock.monotonic() - startedAt) / 1_000);
    if (filled % TOLD_EVERY === 0 || filled === jobCount)
      onProgress(`${filled} jobs recorded in ${seconds} s`);
  };
  const content = await fillLedger(store, { jobCount, now: clock.now(), random, onProgress: tellProgress });
  await store.close();
  await broker.close(0);
  return content;
}

async function measureQuestions(
  reader: JobReader,
  content: LedgerContent,
  options: QuestionsOptions,
): Promise<readonly Answered[]> {
  const fingerprints = (await reader.failureGroups(100)).map(({ fingerprint }) => fingerprint);
  const answered: Answered[] = [];
  for (const question of indexedQuestions(content, fingerprints)) {
    const measured = await measureQuestion(reader, question, options);
    answered.push(measured);
    options.onProgress(`${measured.title}: p95 ${measured.p95.toFixed(1)} ms`);
  }
  return answered;
}

async function measureQuestion(
  reader: JobReader,
  { title, aimMs, ask }: Question,
  { random, clock }: QuestionsOptions,
): Promise<Answered> {
  // The first time, a far page is gone to.
  await ask(reader, random);
  const durations: number[] = [];
  for (let time = 0; time < TIMES; time += 1) {
    const startedAt = clock.monotonic();
    await ask(reader, random);
    durations.push(clock.monotonic() - startedAt);
  }
  return { title, ...(aimMs === undefined ? {} : { aimMs }), ...toDurations(durations) };
}

async function measureLoad(load: SteadyLoad, work: () => Promise<void>): Promise<Durations> {
  load.take();
  await work();
  return toDurations(load.take());
}

async function askAllWorst(reader: JobReader, clock: Clock): Promise<void> {
  const until = clock.monotonic() + PHASE_MS;
  const lane = async () => {
    while (clock.monotonic() < until) await askWorst(reader);
  };
  await Promise.all(Array.from({ length: WORST_AT_ONCE }, lane));
}

function toDurations(values: readonly number[]): Durations {
  const [p50 = 0, p95 = 0, p99 = 0, max = 0] = [0.5, 0.95, 0.99, 1].map((rank) => percentile(values, rank));
  return { p50, p95, p99, max };
}

/** The report for people. */
export function describeQuestions({ jobCount, questions, enqueue }: QuestionsReport): string {
  const table = new Table({
    head: ['question', 'p50', 'p95', 'max', 'aim of p95'],
    style: { head: [], border: [], compact: true },
  });
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  for (const { title, p50, p95, max, aimMs } of questions) {
    const aim = aimMs === undefined ? '' : `≤ ${aimMs} ms${p95 > aimMs ? ', missed' : ''}`;
    table.push([title, ms(p50), ms(p95), ms(max), aim]);
  }
  const [alone, withWorst] = [
    median(enqueue.map((round) => round.alone.p99)),
    median(enqueue.map((round) => round.withWorst.p99)),
  ];
  const ratio = median(enqueue.map((round) => round.withWorst.p99 / round.alone.p99));
  return [
    `questions to a ledger of ${jobCount.toLocaleString('en')} jobs, while 200 jobs a second are enqueued and done`,
    table.toString(),
    `enqueue, p99: ${ms(alone)}; with ${WORST_AT_ONCE} of the worst questions at once ${ms(withWorst)}, ratio ${ratio.toFixed(2)}, aim ≤ ${WORST_RATIO}`,
  ].join('\n');
}
