import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '@leveret/core';
import { BENCH_PAYLOAD, type Contender } from './contender.ts';
import { percentile } from './statistics.ts';
import type { Baseline, Subject } from './subject.ts';

/** One figure of both sides, measured once. */
export interface Measurement {
  readonly leveret: number;
  readonly baseline: number;
  /** The longest time that the event loop was held up during Leveret's part, in milliseconds. */
  readonly pauseMs: number;
  /** Processor time of this process for Leveret's part, as a multiple of that for the baseline's. */
  readonly cpuRatio: number;
}

/** Something that is measured. */
export interface Scenario {
  readonly title: string;
  readonly unit: 'ms' | '/s';
  /** What the ratio (Leveret ÷ baseline) is aimed at on each server, where an aim was set. */
  readonly aims?: Partial<Record<Subject['name'], string>>;
  /** Measures both sides, the baseline first when `baselineFirst`: rounds alternate, so that drift hits both. */
  measure(sides: Sides, baselineFirst: boolean): Promise<Measurement>;
}

/** The two that are compared. */
export interface Sides {
  readonly leveret: Contender;
  readonly baseline: Baseline;
  readonly clock: Clock;
}

/** How much work a scenario does. */
export interface Amounts {
  /** Jobs enqueued one after the other, and jobs whose latency is taken. */
  readonly single: number;
  /** Jobs in throughput scenarios. */
  readonly many: number;
}

/** Jobs per call of `enqueueMany`. */
const BULK_SIZE = 1_000;
const IN_FLIGHT = 100;
const body = new TextEncoder().encode(JSON.stringify(BENCH_PAYLOAD));

/** Measured alternately, the one side right after the other. */
async function inTurn(
  baselineFirst: boolean,
  { leveret, baseline }: Record<'leveret' | 'baseline', () => Promise<number>>,
): Promise<Measurement> {
  const before = baselineFirst ? await withCpu(baseline) : undefined;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const own = await withCpu(leveret).finally(() => delay.disable());
  const other = before ?? (await withCpu(baseline));
  return {
    leveret: own.figure,
    baseline: other.figure,
    pauseMs: delay.max / 1e6,
    cpuRatio: own.cpuMicros / other.cpuMicros,
  };
}

/** The figure that `work` yields, and the processor time that this process, all its threads, used meanwhile. */
async function withCpu(
  work: () => Promise<number>,
): Promise<{ readonly figure: number; readonly cpuMicros: number }> {
  const before = process.cpuUsage();
  const figure = await work();
  const { user, system } = process.cpuUsage(before);
  return { figure, cpuMicros: user + system };
}

/** Runs `work` `count` times, `inFlight` at a time. */
async function pump(count: number, inFlight: number, work: () => Promise<void>): Promise<void> {
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

/** Messages per second of `work`, which handles `count`. */
async function rate(clock: Clock, count: number, work: () => Promise<void>): Promise<number> {
  const startedAt = clock.monotonic();
  await work();
  return (count * 1_000) / (clock.monotonic() - startedAt);
}

/** The median of `count` durations of `work`, one after the other, in milliseconds. */
async function medianDuration(clock: Clock, count: number, work: () => Promise<void>): Promise<number> {
  const durations: number[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const startedAt = clock.monotonic();
    await work();
    durations.push(clock.monotonic() - startedAt);
  }
  return percentile(durations, 0.5);
}

/** What a job costs to enqueue: alone, and with a hundred under way. */
export function enqueueScenarios({ single, many }: Amounts): readonly Scenario[] {
  return [
    {
      title: 'enqueue, one at a time, p50',
      unit: 'ms',
      aims: { RabbitMQ: '≤ 1.2' },
      async measure(sides, baselineFirst) {
        const { leveret, baseline, clock } = sides;
        const measured = await inTurn(baselineFirst, {
          leveret: () => medianDuration(clock, single, () => leveret.enqueue()),
          baseline: () => medianDuration(clock, single, () => baseline.enqueue(body)),
        });
        await empty(sides, single);
        return measured;
      },
    },
    {
      title: `enqueue, ${IN_FLIGHT} in flight`,
      unit: '/s',
      aims: { RabbitMQ: '≥ 0.9', SQLite: '≥ 0.4' },
      async measure(sides, baselineFirst) {
        const { leveret, baseline, clock } = sides;
        const measured = await inTurn(baselineFirst, {
          leveret: () => rate(clock, many, () => pump(many, IN_FLIGHT, () => leveret.enqueue())),
          baseline: () => rate(clock, many, () => pump(many, IN_FLIGHT, () => baseline.enqueue(body))),
        });
        await empty(sides, many);
        return measured;
      },
    },
  ];
}

/** What many jobs cost that are enqueued together. */
export function bulkScenarios({ many }: Amounts): readonly Scenario[] {
  return [
    {
      title: `enqueueMany, ${BULK_SIZE} a call`,
      unit: '/s',
      async measure(sides, baselineFirst) {
        const { leveret, baseline, clock } = sides;
        const calls = Math.ceil(many / BULK_SIZE);
        const measured = await inTurn(baselineFirst, {
          leveret: () =>
            rate(clock, calls * BULK_SIZE, () => pump(calls, 1, () => leveret.enqueueMany(BULK_SIZE))),
          baseline: () =>
            rate(clock, calls * BULK_SIZE, () =>
              pump(calls, 1, () => pump(BULK_SIZE, BULK_SIZE, () => baseline.enqueue(body))),
            ),
        });
        await empty(sides, calls * BULK_SIZE);
        return measured;
      },
    },
  ];
}

/** How fast waiting jobs are done by a handler that does nothing. */
export function drainScenarios({ many }: Amounts): readonly Scenario[] {
  return [
    { concurrency: 50, aims: { RabbitMQ: '≥ 1.8 direct, 1.4 with events' } },
    { concurrency: 1, aims: { RabbitMQ: '≥ 10 direct' } },
  ].map(({ concurrency, aims }) => ({
    title: `drain, concurrency ${concurrency}`,
    unit: '/s',
    aims,
    async measure(sides, baselineFirst) {
      const { leveret, baseline, clock } = sides;
      await pump(Math.ceil(many / BULK_SIZE), 1, () => leveret.enqueueMany(BULK_SIZE));
      await pump(many, BULK_SIZE, () => baseline.enqueue(body));
      return await inTurn(baselineFirst, {
        leveret: () => rate(clock, many, () => leveret.drain(many, concurrency)),
        baseline: () => rate(clock, many, () => baseline.drain(many, concurrency)),
      });
    },
  }));
}

/** How long it takes from enqueueing a job to its start, on an idle queue. */
export function latencyScenarios({ single }: Amounts): readonly Scenario[] {
  const trip = async (clock: Clock, send: () => Promise<void>, listen: Baseline['listen']) => {
    let arrive: (at: number) => void = () => undefined;
    const stop = await listen(() => arrive(clock.monotonic()));
    const latencies: number[] = [];
    for (let turn = 0; turn < single; turn += 1) {
      const startedAt = clock.monotonic();
      const arrivedAt = new Promise<number>((resolve) => {
        arrive = resolve;
      });
      const [at] = await Promise.all([arrivedAt, send()]);
      latencies.push(at - startedAt);
    }
    await stop();
    return percentile(latencies, 0.5);
  };
  return [
    {
      title: 'enqueue to start, p50',
      unit: 'ms',
      aims: { RabbitMQ: '≤ 1.15' },
      measure(sides, baselineFirst) {
        const { leveret, baseline, clock } = sides;
        return inTurn(baselineFirst, {
          leveret: () => trip(clock, () => leveret.enqueue(), leveret.listen),
          baseline: () => trip(clock, () => baseline.enqueue(body), baseline.listen),
        });
      },
    },
  ];
}

async function empty({ leveret, baseline }: Sides, count: number): Promise<void> {
  await leveret.drain(count, 100);
  await baseline.drain(count, 100);
}
