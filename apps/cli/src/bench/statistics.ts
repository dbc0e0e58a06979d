/** The middle one of `values`, or the mean of the two in the middle. @throws {RangeError} when there are none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/**
 * The value below which the share `rank` (0 to 1) of `values` lies, interpolated between neighbours.
 *
 * @throws {RangeError} when there are no values.
 */
export function percentile(values: readonly number[], rank: number): number {
  if (values.length === 0) throw new RangeError('no values');
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * rank;
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (above - below) * (position - Math.floor(position));
}
