import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '@leveret/core';
import { openContender } from './contender.ts';
import { type Result, renderTable, toResult } from './report.ts';
import {
  type Amounts,
  bulkScenarios,
  drainScenarios,
  enqueueScenarios,
  latencyScenarios,
  type Measurement,
  type Scenario,
  type Sides,
} from './scenarios.ts';
import type { Subject } from './subject.ts';

/** The scenarios of each benchmark, by its name on the command line. */
export const BENCHMARKS: Readonly<Record<string, (amounts: Amounts) => readonly Scenario[]>> = {
  enqueue: enqueueScenarios,
  bulk: bulkScenarios,
  drain: drainScenarios,
  latency: latencyScenarios,
};

/** How a benchmark is run. */
export interface BenchOptions {
  readonly benchmark: string;
  readonly subject: Subject;
  /** Name of the queue that Leveret uses. */
  readonly queue: string;
  /** Without ledger and events. */
  readonly direct: boolean;
  /** Measured rounds, after one that is thrown away. */
  readonly rounds: number;
  readonly amounts: Amounts;
  readonly clock: Clock;
  /** Takes a line about how far it is. */
  readonly onProgress: (line: string) => void;
}

/** What a benchmark found. */
export interface BenchReport {
  readonly benchmark: string;
  readonly subject: string;
  readonly baseline: string;
  readonly direct: boolean;
  readonly results: readonly Result[];
  /** The longest time the event loop was held up over all rounds, in milliseconds, by whichever side. */
  readonly longestPauseMs: number;
}

/** Measures, both sides in turn, round by round. @throws {RangeError} for a benchmark that does not exist. */
export async function runBenchmark(options: BenchOptions): Promise<BenchReport> {
  const { benchmark, subject, queue, direct, rounds, amounts, clock, onProgress } = options;
  const scenarios = BENCHMARKS[benchmark]?.(amounts);
  if (scenarios === undefined)
    throw new RangeError(`no benchmark "${benchmark}"; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
  const leveret = await openContender(subject, queue, direct);
  const baseline = await subject.openBaseline();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  try {
    const results: Result[] = [];
    for (const scenario of scenarios) {
      results.push(
        toResult(
          scenario,
          await measureRounds(scenario, { leveret, baseline, clock }, { rounds, onProgress, delay }),
        ),
      );
    }
    const longestPauseMs = delay.max / 1e6;
    return {
      benchmark,
      subject: subject.name,
      baseline: subject.baselineName,
      direct,
      results,
      longestPauseMs,
    };
  } finally {
    delay.disable();
    await leveret.close();
    await baseline.close();
  }
}

interface RoundOptions {
  readonly rounds: number;
  readonly onProgress: (line: string) => void;
  readonly delay: { enable(): boolean };
}

async function measureRounds(
  scenario: Scenario,
  sides: Sides,
  { rounds, onProgress, delay }: RoundOptions,
): Promise<readonly Measurement[]> {
  const measured: Measurement[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const measurement = await scenario.measure(sides, round % 2 === 0);
    const ratio = (measurement.leveret / measurement.baseline).toFixed(2);
    onProgress(
      `${scenario.title}: ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}, ratio ${ratio}`,
    );
    if (round > 0) measured.push(measurement);
    else delay.enable();
  }
  return measured;
}

/** The report for people. */
export function describeReport({
  benchmark,
  subject,
  baseline,
  direct,
  results,
  longestPauseMs,
}: BenchReport): string {
  const mode = direct ? 'direct: without ledger and events' : 'with ledger and events';
  return [
    `${benchmark} on ${subject}, ${mode}; medians, ratio = Leveret ÷ ${baseline}`,
    renderTable(results, baseline),
    `longest pause of the event loop, both sides: ${longestPauseMs.toFixed(1)} ms`,
  ].join('\n');
}
