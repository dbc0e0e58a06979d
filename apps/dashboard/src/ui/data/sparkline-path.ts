/** The size of the drawing, in pixels, and the least value that fills its height. */
export interface SparklineFrame {
  readonly width: number;
  readonly height: number;
  readonly floor: number;
}

/** The paths of a sparkline. With fewer than two values both are a level line at the bottom. */
export function sparklinePath(values: readonly number[], { width, height, floor }: SparklineFrame) {
  const shown = values.length < 2 ? [0, 0] : values;
  const max = Math.max(...shown, floor);
  const points = shown.map((value, index) => {
    const x = (index / (shown.length - 1)) * width;
    const y = height - 1 - (value / max) * (height - 3);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const line = `M${points.join('L')}`;
  return { line, area: `${line}L${width},${height}L0,${height}Z` };
}
