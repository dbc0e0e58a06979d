import Table from 'cli-table3';
import type { Measurement, Scenario } from './scenarios.ts';
import { median } from './statistics.ts';

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
}

/** Sums the rounds of `scenario` up. */
export function toResult({ title, unit, aim }: Scenario, rounds: readonly Measurement[]): Result {
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
  };
}

function figure(value: number, unit: string): string {
  return unit === 'ms' ? `${value.toFixed(3)} ms` : `${Math.round(value).toLocaleString('en')} /s`;
}

/** The results as a table for people. */
export function renderTable(results: readonly Result[], baselineName: string): string {
  const table = new Table({
    head: ['', 'Leveret', baselineName, 'ratio', 'min … max', 'aim'],
    style: { head: [], border: [] },
  });
  for (const { title, unit, aim = '', leveret, baseline, ratio, ratioMin, ratioMax } of results) {
    table.push([
      title,
      figure(leveret, unit),
      figure(baseline, unit),
      ratio.toFixed(2),
      `${ratioMin.toFixed(2)} … ${ratioMax.toFixed(2)}`,
      aim,
    ]);
  }
  return table.toString();
}
