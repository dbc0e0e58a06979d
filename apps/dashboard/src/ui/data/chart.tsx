import { type PointerEvent, useState } from 'react';
import { formatMoment } from '../../format/moment.ts';
import { linePath, spread } from './chart-scale.ts';
import './chart.css';

/** A line of a chart. */
export interface Series {
  readonly name: string;
  readonly tone: 'busy' | 'good' | 'bad' | 'soft';
  /** One for each moment; undefined where there is none. */
  readonly values: readonly (number | undefined)[];
}

interface ChartProps {
  /** What the chart shows, for screen readers. */
  readonly label: string;
  /** When each value begins, at even distances, oldest first. */
  readonly moments: readonly Date[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** Marks of the axis of values, from 0 to the largest value or more. */
  readonly marksFor: (max: number) => readonly number[];
  readonly now: Date;
}

const WIDTH = 600;
const HEIGHT = 160;
const MAX_TIMES = 6;

/** Lines over time with axes. The pointer and the arrow keys show the values of a moment; else those of the last one are shown. */
export function Chart({ label, moments, series, format, marksFor, now }: ChartProps) {
  const [chosen, setChosen] = useState<number>();
  const last = moments.length - 1;
  const index = Math.min(chosen ?? last, last);
  const marks = marksFor(Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const max = marks.at(-1) ?? 1;
  const at = moments[index];
  const readout = series.map(({ name, values }) => `${name} ${words(values[index], format)}`).join(', ');
  const follow = ({ currentTarget, clientX }: PointerEvent<HTMLElement>) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    setChosen(Math.round(Math.min(Math.max((clientX - left) / width, 0), 1) * last));
  };

  return (
    <div className="chart">
      <p className="chart-legend">
        {series.map(({ name, tone, values }) => (
          <span key={name} className="chart-name" data-tone={tone}>
            {name} <b>{words(values[index], format)}</b>
          </span>
        ))}
        <span className="soft">{at === undefined ? '' : `at ${formatMoment(at, now)}`}</span>
      </p>
      <div className="chart-plot" onPointerMove={follow} onPointerLeave={() => setChosen(undefined)}>
        <Lines series={series} marks={marks} max={max} />
        {marks.map((mark) => (
          <span
            key={mark}
            className="chart-mark"
            style={{ bottom: `${(mark / max) * 100}%` }}
            aria-hidden="true"
          >
            {format(mark)}
          </span>
        ))}
        {chosen !== undefined && (
          <span className="chart-cursor" style={{ left: `${(index / Math.max(last, 1)) * 100}%` }} />
        )}
        <input
          className="chart-input"
          type="range"
          min={0}
          max={Math.max(last, 0)}
          value={index}
          aria-label={label}
          aria-valuetext={at === undefined ? 'no values' : `${formatMoment(at, now)}: ${readout}`}
          onChange={({ target }) => setChosen(Number(target.value))}
          onBlur={() => setChosen(undefined)}
        />
      </div>
      <p className="chart-times" aria-hidden="true">
        {spread(moments.length, MAX_TIMES).map((position) => (
          <span key={position} style={{ left: `${(position / Math.max(last, 1)) * 100}%` }}>
            {formatMoment(moments[position] ?? now, now)}
          </span>
        ))}
      </p>
    </div>
  );
}

interface LinesProps {
  readonly series: readonly Series[];
  readonly marks: readonly number[];
  readonly max: number;
}

function Lines({ series, marks, max }: LinesProps) {
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {marks.map((mark) => {
        const y = HEIGHT - (mark / max) * HEIGHT;
        return <path key={mark} className="chart-grid" d={`M0,${y}L${WIDTH},${y}`} />;
      })}
      {series.map(({ name, tone, values }) => (
        <path
          key={name}
          className="chart-line"
          data-tone={tone}
          d={linePath(values, { width: WIDTH, height: HEIGHT, max })}
        />
      ))}
    </svg>
  );
}

function words(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? 'none' : format(value);
}
