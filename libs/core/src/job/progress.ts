import { safeText } from '../errors/failure.ts';
import { readProperty } from '../errors/thrown.ts';

/** How far a handler is. */
export interface ProgressReport {
  /** From 0 to `total`. */
  readonly done: number;
  /** Above 0, in the unit of `done`. When it is left out, `done` is a fraction, from 0 to 1. */
  readonly total?: number;
  /** What the handler does now: one line of at most {@link MAX_PROGRESS_TEXT} characters. */
  readonly text?: string;
}

/** Longest text of a progress report, in characters. */
export const MAX_PROGRESS_TEXT = 200;

/** How much of a text is looked at, in characters: a handler may give any. */
const MAX_READ = 2_000;
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;

/**
 * What a handler reports, within the bounds of a report: a fraction, or a report. Never throws. What is not a number counts as 0, and
 * what is beyond its bounds as the nearest bound. When `total` is not a number above 0, the report says 0 and its text.
 */
export function toProgressReport(given: unknown): ProgressReport {
  if (typeof given !== 'object' || given === null) return { done: clamped(given, 1) };
  const total = readProperty(given, 'total');
  const text = toProgressText(readProperty(given, 'text'));
  const withText = text === undefined ? {} : { text };
  if (total === undefined) return { done: clamped(readProperty(given, 'done'), 1), ...withText };
  if (!isTotal(total)) return { done: 0, ...withText };
  return { done: clamped(readProperty(given, 'done'), total), total, ...withText };
}

/** How far that is, from 0 to 1. */
export function fractionOf({ done, total = 1 }: ProgressReport): number {
  return done / total;
}

/** A text of a progress report within its bounds; undefined when there is none. */
export function toProgressText(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const line = text.slice(0, MAX_READ).replace(CONTROLS, ' ').trim();
  return line === '' ? undefined : safeText(line, MAX_PROGRESS_TEXT);
}

function isTotal(total: unknown): total is number {
  return typeof total === 'number' && total > 0 && Number.isFinite(total);
}

function clamped(given: unknown, most: number): number {
  const done = typeof given === 'object' || typeof given === 'symbol' ? 0 : Number(given);
  return Math.min(most, Math.max(0, done || 0));
}
