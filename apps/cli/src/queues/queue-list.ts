import {
  type Clock,
  JOB_STATES,
  type JobCount,
  type JobState,
  LeveretError,
  messageOf,
  type QueueCounts,
  type QueuePause,
  SEEN_WITHIN_MS,
  type SeenWorker,
  withDeadline,
} from '@leveret/core';
import type { ControlSession } from '../control/session.ts';
import { withMoments } from '../ledger/moments.ts';
import { renderTable } from '../ledger/table.ts';
import { toDistance } from '../ledger/words.ts';
import { RATE_COLUMNS, type RecentRates, renderRates, toRatesJson, toRecentRates } from './recent-rates.ts';

/** How long the broker may take to say what its queues hold, in milliseconds. */
const INSPECT_MS = 2_000;

/** Of how long a time rates are shown, in milliseconds. */
const RATES_MS = 60_000;

const STATES = Object.keys(JOB_STATES) as readonly JobState[];

/** What is known of one queue. */
export interface QueueOverview {
  readonly queue: string;
  /** Jobs of the ledger, by state. Only states that have some. */
  readonly counts: Readonly<Partial<Record<JobState, number>>>;
  /** What it holds in the broker; absent when the broker does not say. */
  readonly broker?: Pick<QueueCounts, 'ready' | 'dead'>;
  readonly paused?: QueuePause;
  /** How many workers consume it. */
  readonly workers: number;
  /** What happened in the last minute. */
  readonly rates: RecentRates;
}

/** What is known of all queues. */
export interface QueueList {
  /** By name. */
  readonly queues: readonly QueueOverview[];
  /** Why the broker does not say what its queues hold; absent when it does. */
  readonly brokerAway?: string;
}

/** What ledger, workers and pauses know, of all queues. */
export interface KnownQueues {
  /** Their names, in order. */
  readonly queues: readonly string[];
  readonly jobs: readonly JobCount[];
  readonly pauses: readonly QueuePause[];
  readonly workers: readonly SeenWorker[];
}

/** Reads which queues there are. @throws {LeveretError} `STORE_UNAVAILABLE`. */
export async function readKnown({ reader, store }: ControlSession): Promise<KnownQueues> {
  const [jobs, pauses, workers] = await Promise.all([
    reader.counts(),
    store.pauses(),
    store.workers(SEEN_WITHIN_MS),
  ]);
  const names = [...jobs, ...pauses].map(({ queue }) => queue);
  const consumed = workers.flatMap(({ queues }) => queues);
  return { queues: [...new Set([...names, ...consumed])].sort(), jobs, pauses, workers };
}

/** Reads what is known of all queues. @throws {LeveretError} `STORE_UNAVAILABLE`. */
export async function readQueues(session: ControlSession, clock: Clock): Promise<QueueList> {
  const { queues: names, jobs, pauses, workers } = await readKnown(session);
  const since = clock.now() - RATES_MS;
  const [{ held, ...away }, rates] = await Promise.all([
    inspect(session.broker, names, clock),
    session.reader.activity.rates({ since, sliceMs: 10_000 }),
  ]);
  const queues = names.map((queue): QueueOverview => {
    const paused = pauses.find((pause) => pause.queue === queue);
    const inBroker = held.find((counts) => counts.queue === queue);
    return {
      queue,
      counts: countsOf(jobs.filter((count) => count.queue === queue)),
      ...(inBroker === undefined ? {} : { broker: { ready: inBroker.ready, dead: inBroker.dead } }),
      ...(paused === undefined ? {} : { paused }),
      workers: workers.filter((worker) => worker.queues.includes(queue)).length,
      rates: toRecentRates(rates, queue),
    };
  });
  return { queues, ...away };
}

/** Queues for people, one a line; a column for each state that a job is in. */
export function renderQueues(queues: readonly QueueOverview[], now: number): string {
  const states = STATES.filter((state) => queues.some(({ counts }) => counts[state] !== undefined));
  const head = ['queue', ...states, 'ready', 'dead letters', 'workers', ...RATE_COLUMNS, 'paused'];
  const rows = queues.map(({ queue, counts, broker, workers, rates, paused }) => [
    queue,
    ...states.map((state) => format(counts[state] ?? 0)),
    broker === undefined ? '?' : format(broker.ready),
    broker === undefined ? '?' : format(broker.dead),
    format(workers),
    ...renderRates(rates),
    paused === undefined ? '' : renderPause(paused, now),
  ]);
  const figures = head.slice(1, -1).map(() => 'right' as const);
  return renderTable(head, rows, ['left', ...figures, 'left']);
}

/** A queue as `--json` prints it. */
export function toQueueJson({
  queue,
  paused,
  rates,
  ...rest
}: QueueOverview): Readonly<Record<string, unknown>> {
  const overview = { queue, ...rest, rates: toRatesJson(rates) };
  if (paused === undefined) return overview;
  const { by, at, reason } = paused;
  return { ...overview, paused: withMoments({ by, at, reason }) };
}

/** By whom, since when and why a queue is paused, for people. */
export function renderPause({ by, at, reason }: QueuePause, now: number): string {
  return `by ${by} ${toDistance(at, now)}${reason === undefined ? '' : `: ${reason}`}`;
}

async function inspect(
  broker: ControlSession['broker'],
  queues: readonly string[],
  clock: Clock,
): Promise<{ readonly held: readonly QueueCounts[]; readonly brokerAway?: string }> {
  try {
    return { held: await withDeadline(clock, INSPECT_MS, broker.inspect(queues), late) };
  } catch (error) {
    return { held: [], brokerAway: messageOf(error) };
  }
}

function late(): LeveretError {
  return new LeveretError('BROKER_UNAVAILABLE', `the broker has not answered within ${INSPECT_MS / 1_000} s`);
}

function countsOf(jobs: readonly JobCount[]): QueueOverview['counts'] {
  const counts: Partial<Record<JobState, number>> = {};
  for (const { state, count } of jobs) counts[state] = (counts[state] ?? 0) + count;
  return counts;
}

function format(count: number): string {
  return count.toLocaleString('en');
}
