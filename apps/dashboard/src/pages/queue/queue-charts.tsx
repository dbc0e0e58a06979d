import type { ReactNode } from 'react';
import type { Slice } from '../../api/fill-slices.ts';
import type { QueueDetails } from '../../api/queues.ts';
import { formatDuration } from '../../format/duration.ts';
import { formatRate } from '../../format/number.ts';
import { Card } from '../../ui/data/card.tsx';
import { Chart, type Series } from '../../ui/data/chart.tsx';
import { durationMarksFor, marksFor } from '../../ui/data/chart-scale.ts';

interface QueueChartsProps {
  readonly details: QueueDetails;
  /** The choice of the range. */
  readonly ranges: ReactNode;
  readonly now: Date;
}

/** What came in and went out, and how long it waited and ran. */
export function QueueCharts({ details: { slices, sliceMs }, ranges, now }: QueueChartsProps) {
  const moments = slices.map(({ startAt }) => startAt);
  const perSecond = (of: (slice: Slice) => number) => slices.map((slice) => (of(slice) * 1_000) / sliceMs);
  const rates: readonly Series[] = [
    { name: 'In', tone: 'busy', values: perSecond((slice) => slice.in) },
    { name: 'Succeeded', tone: 'good', values: perSecond(({ succeeded }) => succeeded) },
    { name: 'Failed attempts', tone: 'bad', values: perSecond(({ failedAttempts }) => failedAttempts) },
  ];
  const durationsOf = (of: (slice: Slice) => Slice['run']): readonly Series[] => [
    { name: 'p50', tone: 'busy', values: slices.map((slice) => of(slice)?.p50Ms) },
    { name: 'p95', tone: 'good', values: slices.map((slice) => of(slice)?.p95Ms) },
    { name: 'p99', tone: 'bad', values: slices.map((slice) => of(slice)?.p99Ms) },
  ];
  const shared = { moments, now };
  return (
    <>
      <Card title="Per second" aside={ranges}>
        <Chart label="Jobs per second" series={rates} format={formatRate} marksFor={marksFor} {...shared} />
      </Card>
      <div className="two">
        <Card title="How long jobs waited">
          <Chart
            label="How long jobs waited"
            series={durationsOf(({ queueWait }) => queueWait)}
            format={formatDuration}
            marksFor={durationMarksFor}
            {...shared}
          />
        </Card>
        <Card title="How long attempts ran">
          <Chart
            label="How long attempts ran"
            series={durationsOf(({ run }) => run)}
            format={formatDuration}
            marksFor={durationMarksFor}
            {...shared}
          />
        </Card>
      </div>
    </>
  );
}
