import Table from 'cli-table3';
import type { Measurement, Scenario } from './scenarios.ts';
import { median } from './statistics.ts';
import type { Subject } from './subject.ts';

/** What was measured of one scenario, over all rounds. */
export interface Result {
  readonly title: string;
  readonly unit: string;
  readonly aim?: string;
  readonly rounds: readonly Measurement[];
  /** Median of both sides. */
  readonly leveret: number;
  readonly baseline: number;
  /** Median of the rounds' ratios, Leveret ÷ baseline; and the least and the greatest. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  /** Median of the rounds' ratios of processor time in this process. */
  readonly cpuRatio: number;
  /** The longest time that Leveret held up the event loop, in milliseconds. */
  readonly pauseMs: number;
}

/** Sums the rounds of `scenario` up, as measured on `server`. */
export function toResult(
  { title, unit, aims }: Scenario,
  server: Subject['name'],
  rounds: readonly Measurement[],
): Result {
  const aim = aims?.[server];
  const ratios = rounds.map(({ leveret, baseline }) => leveret / baseline);
  return {
    title,
    unit,
    ...(aim === undefined ? {} : { aim }),
    rounds,
    leveret: median(rounds.map(({ leveret }) => leveret)),
    baseline: median(rounds.map(({ baseline }) => baseline)),
    ratio: median(ratios),
    ratioMin: Math.min(...ratios),
    ratioMax: Math.max(...ratios),
    cpuRatio: median(rounds.map(({ cpuRatio }) => cpuRatio)),
    pauseMs: Math.max(...rounds.map(({ pauseMs }) => pauseMs)),
  };
}

function figure(value: number, unit: string): string {
  return unit === 'ms' ? `${value.toFixed(3)} ms` : `${Math.round(value).toLocaleString('en')} /s`;
}

/** The results as a table for people. */
export function renderTable(results: readonly Result[], baselineName: string): string {
  const table = new Table({
    head: ['', 'Leveret', baselineName, 'ratio', 'min … max', 'aim', 'CPU', 'pause'],
    style: { head: [], border: [] },
  });
  for (const result of results) {
    const { title, unit, aim = '', leveret, baseline, ratio, ratioMin, ratioMax, cpuRatio, pauseMs } = result;
    table.push([
      title,
      figure(leveret, unit),
      figure(baseline, unit),
      ratio.toFixed(2),
      `${ratioMin.toFixed(2)} … ${ratioMax.toFixed(2)}`,
      aim,
      cpuRatio.toFixed(2),
      `${pauseMs.toFixed(1)} ms`,
    ]);
  }
  return table.toString();
}
