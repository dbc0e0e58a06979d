import { sparklinePath } from './sparkline-path.ts';

interface SparklineProps {
  /** Oldest first. */
  readonly values: readonly number[];
  /** What the values are, with their stretch of time: `jobs that ended, last 5 minutes`. Their range is added to it. */
  readonly label: string;
  readonly size?: 'small' | 'wide' | 'large';
  readonly tone?: 'busy' | 'bad';
  /** The least value that fills the height, so that one event does not look like a storm. */
  readonly floor?: number;
}

const SIZES = { small: [74, 22], wide: [110, 22], large: [130, 38] } as const;

/** A line of values without axes. Lists share a floor. */
export function Sparkline({ values, label, size = 'small', tone = 'busy', floor = 5 }: SparklineProps) {
  const [width, height] = SIZES[size];
  const { line, area } = sparklinePath(values, { width, height, floor });
  const range =
    values.length === 0
      ? 'no values'
      : `from ${Math.min(...values)} to ${Math.max(...values)}, now ${values.at(-1)}`;
  return (
    <svg
      className="spark"
      data-tone={tone}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${label}: ${range}`}
    >
      <path className="spark-area" d={area} />
      <path className="spark-line" d={line} />
    </svg>
  );
}
