import type { Clock } from '@leveret/core';
import { type BenchMode, openContender } from './contender.ts';
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

/** Rounds that are thrown away. V8 goes on compiling for two: what was optimised in the first is thrown away when the other side's turn comes. */
const WARM_UPS = 2;

/** How a benchmark is run. */
export interface BenchOptions {
  readonly benchmark: string;
  readonly subject: Subject;
  /** Name of the queue that Leveret uses. */
  readonly queue: string;
  readonly mode: BenchMode;
  /** Measured rounds, after {@link WARM_UPS} that are thrown away. */
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
  readonly mode: BenchMode;
  readonly results: readonly Result[];
}

/** Measures, both sides in turn, round by round. @throws {RangeError} for a benchmark that does not exist. */
export async function runBenchmark(options: BenchOptions): Promise<BenchReport> {
  const { benchmark, subject, queue, mode, rounds, amounts, clock, onProgress } = options;
  const scenarios = BENCHMARKS[benchmark]?.(amounts);
  if (scenarios === undefined)
    throw new RangeError(`no benchmark "${benchmark}"; there are: ${Object.keys(BENCHMARKS).join(', ')}`);
  const leveret = await openContender(subject, queue, mode);
  const baseline = await subject.openBaseline();
  try {
    const results: Result[] = [];
    for (const scenario of scenarios) {
      const measured = await measureRounds(scenario, { leveret, baseline, clock }, { rounds, onProgress });
      results.push(toResult(scenario, subject.name, measured));
    }
    return { benchmark, subject: subject.name, baseline: subject.baselineName, mode, results };
  } finally {
    await leveret.close();
    await baseline.close();
  }
}

interface RoundOptions {
  readonly rounds: number;
  readonly onProgress: (line: string) => void;
}

async function measureRounds(
  scenario: Scenario,
  sides: Sides,
  { rounds, onProgress }: RoundOptions,
): Promise<readonly Measurement[]> {
  const measured: Measurement[] = [];
  for (let round = 1 - WARM_UPS; round <= rounds; round += 1) {
    const measurement = await scenario.measure(sides, round % 2 === 0);
    const ratio = (measurement.leveret / measurement.baseline).toFixed(2);
    onProgress(
      `${scenario.title}: ${round <= 0 ? 'warm-up' : `round ${round} of ${rounds}`}, ratio ${ratio}`,
    );
    if (round > 0) measured.push(measurement);
  }
  return measured;
}

const MODES: Readonly<Record<BenchMode, string>> = {
  ledger: 'with ledger and events',
  events: 'with events, without ledger',
  direct: 'direct: without ledger and events',
};

/** The report for people. */
export function describeReport({ benchmark, subject, baseline, mode, results }: BenchReport): string {
  return [
    `${benchmark} on ${subject}, ${MODES[mode]}; medians, ratio = Leveret ÷ ${baseline}, CPU = the same of this process’s processor time, pause = the longest time that Leveret held up the event loop`,
    renderTable(results, baseline),
  ].join('\n');
}
