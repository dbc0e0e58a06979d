/** Steps between marks of an axis, per power of ten. */
const STEPS = [1, 2, 5, 10];

/**
 * Marks of an axis that begins at 0: at most `count` of them above 0, at round values, the last at or above `max`.
 *
 * @param max Largest value; 0 or less gives the marks 0 and 1.
 */
export function marksFor(max: number, count = 4): readonly number[] {
  if (max <= 0) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(max / count));
  const step = (STEPS.find((factor) => factor * power * count >= max) ?? 10) * power;
  const last = Math.ceil(max / step - 1e-9);
  return Array.from({ length: last + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** Steps between marks of an axis of time, in milliseconds: from a second on they are what clocks show. */
const TIME_STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 4, 6, 12, 24, 48].map((hours) => hours * 3_600_000),
];

/** As {@link marksFor}, for durations in milliseconds. */
export function durationMarksFor(maxMs: number, count = 4): readonly number[] {
  const stepMs = TIME_STEPS_MS.find((step) => step * count >= maxMs);
  if (stepMs === undefined || maxMs < 1) return marksFor(maxMs, count);
  return Array.from({ length: Math.ceil(maxMs / stepMs) + 1 }, (_, index) => index * stepMs);
}

/** Indexes of `count` at most values that stand at even distances, the first among them. */
export function spread(length: number, count: number): readonly number[] {
  if (length === 0) return [];
  const step = Math.max(1, Math.ceil(length / count));
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
}

/** The size of a drawing, and the value at its upper edge. */
export interface ChartFrame {
  readonly width: number;
  readonly height: number;
  readonly max: number;
}

/** The path of a line through values at even distances. Where a value is missing, the line is interrupted. */
export function linePath(values: readonly (number | undefined)[], frame: ChartFrame): string {
  const { width, height, max } = frame;
  let isPenDown = false;
  return values
    .map((value, index) => {
      if (value === undefined) {
        isPenDown = false;
        return '';
      }
      const x = values.length < 2 ? 0 : (index / (values.length - 1)) * width;
      const y = height - (value / max) * height;
      const command = isPenDown ? 'L' : 'M';
      isPenDown = true;
      return `${command}${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join('');
}
