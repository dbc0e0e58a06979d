import { writeFileSync } from 'node:fs';
import { FIGURES_FILE, JOB_COUNT, WATCHED_MINUTES } from './settings.ts';

/** Something that was measured. */
export interface Figure {
  readonly title: string;
  readonly value: number;
  readonly unit: 'ms' | 'MB' | '×';
  /** The largest value that is good enough. */
  readonly atMost?: number;
  /** The smallest value that is good enough. */
  readonly atLeast?: number;
  /** More about it, such as the spread of its rounds. */
  readonly note?: string;
}

/** The figures of a run. */
export interface Figures {
  /** Prints a figure with its aim, and writes all figures so far to the file that was asked for. */
  add(figure: Figure): void;
  /** Figures added since the last call that missed their aims, in words. */
  takeMissed(): readonly string[];
}

/** Creates a list without figures. */
export function createFigures(): Figures {
  const all: (Figure & { readonly isMet: boolean })[] = [];
  let missed: string[] = [];
  return {
    add(figure) {
      const isMet = !isMissed(figure);
      all.push({ ...figure, isMet });
      const line = describeFigure(figure);
      say(`${isMet ? ' ' : '!'} ${line}`);
      if (!isMet) missed.push(line);
      if (FIGURES_FILE !== undefined)
        writeFileSync(
          FIGURES_FILE,
          `${JSON.stringify({ jobCount: JOB_COUNT, watchedMinutes: WATCHED_MINUTES, figures: all }, undefined, 2)}\n`,
        );
    },
    takeMissed() {
      const taken = missed;
      missed = [];
      return taken;
    },
  };
}

/** Prints a line about how far a measurement is. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function isMissed({ value, atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY }: Figure) {
  // Also true of NaN.
  return !(value <= atMost && value >= atLeast);
}

function describeFigure({ title, value, unit, atMost, atLeast, note }: Figure): string {
  const aims = [
    ...(atMost === undefined ? [] : [`≤ ${inUnit(atMost, unit)}`]),
    ...(atLeast === undefined ? [] : [`≥ ${inUnit(atLeast, unit)}`]),
  ];
  const aim = aims.length === 0 ? '' : `, aim ${aims.join(' and ')}`;
  return `${title}: ${inUnit(value, unit)}${aim}${note === undefined ? '' : ` (${note})`}`;
}

function inUnit(value: number, unit: Figure['unit']): string {
  if (unit === '×') return `× ${value.toFixed(3)}`;
  return `${value.toFixed(unit === 'MB' ? 2 : 0)} ${unit}`;
}
