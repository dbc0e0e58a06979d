import { LAST_MOMENT, type TimeRange } from '@leveret/core';
import { type Term, termFault } from './scan-terms.ts';

/** A range that is open on one side. */
export type TimeBound = { readonly from: number } | { readonly to: number };

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const BOUND = /^([<>])(.+)$/s;
const AGE = /^(\d+)([smhdw])$/;
const DATE = /^(\d{4}-\d\d-\d\d)(?:(T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

const AGE_FORM = 'an age such as 30s, 10m, 1h, 2d or 3w';
const DATE_FORM = 'a date such as 2026-01-02 or 2026-01-02T15:04:05Z';

/**
 * Reads `>1h` or `<1h`: before, or from, the moment that was this long ago.
 * @throws {LeveretError} `FILTER_INVALID`
 */
export function parseAgeBound(term: Term, now: number): TimeBound {
  const [, sign, age = ''] = BOUND.exec(term.value) ?? [];
  const ageMs = ageMsOf(age);
  if (ageMs === undefined) throw termFault(term, `must be > or < followed by ${AGE_FORM}`);
  const moment = requireMoment(term, now - ageMs);
  return sign === '>' ? { to: moment } : { from: moment };
}

/**
 * Reads a bound by age, or `>2026-01-02` or `<2026-01-02`: from, or before, this moment.
 * @throws {LeveretError} `FILTER_INVALID`
 */
export function parseTimeBound(term: Term, now: number): TimeBound {
  const [, sign, text = ''] = BOUND.exec(term.value) ?? [];
  if (AGE.test(text)) return parseAgeBound(term, now);
  const date = DATE.exec(text);
  if (date === null) throw termFault(term, `must be > or < followed by ${AGE_FORM}, or by ${DATE_FORM}`);
  const moment = requireMoment(term, momentOf(date));
  return sign === '>' ? { from: moment } : { to: moment };
}

function ageMsOf(text: string): number | undefined {
  const [, count, unit = ''] = AGE.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  return unitMs === undefined ? undefined : Number(count) * unitMs;
}

/** NaN when there is no such day or time. */
function momentOf([, day = '', time = 'T00:00', zone = 'Z']: RegExpExecArray): number {
  // Date.parse takes 30 February for 2 March.
  const isDay = new Date(Date.parse(day)).toJSON()?.startsWith(day) === true;
  return isDay ? Date.parse(`${day}${time}${zone}`) : Number.NaN;
}

function requireMoment(term: Term, moment: number): number {
  if (Number.isNaN(moment)) throw termFault(term, 'names no day or time that exists');
  if (moment < 0 || moment > LAST_MOMENT)
    throw termFault(term, 'is out of range: expected a moment in the years 1970 to 9999');
  return moment;
}

/**
 * `range` with one more bound.
 * @throws {LeveretError} `FILTER_INVALID` when it has a bound on this side, or no moment is left.
 */
export function narrowed(range: TimeRange, bound: TimeBound, term: Term): TimeRange {
  const side = 'from' in bound ? 'from' : 'to';
  if (range[side] !== undefined)
    throw termFault(
      term,
      `sets the ${side === 'from' ? 'beginning' : 'end'} of a range that has one: expected at most one beginning and one end`,
    );
  const { from, to }: TimeRange = { ...range, ...bound };
  if (from !== undefined && to !== undefined && from >= to)
    throw termFault(
      term,
      `leaves no time: the range would begin at ${toText(from)} and end at ${toText(to)}`,
    );
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function toText(moment: number): string {
  return new Date(moment).toISOString();
}
