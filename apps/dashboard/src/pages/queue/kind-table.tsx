import type { QueueDetails } from '../../api/queues.ts';
import { formatDuration } from '../../format/duration.ts';
import { type Column, Table } from '../../ui/data/table.tsx';
import { Look } from '../../ui/looks/look.tsx';
import { Count, Nothing } from '../../ui/text/count.tsx';

type Kind = QueueDetails['kinds'][number];
type Durations = Kind['total']['run'];

/** The kinds of job in a queue, with what happened to them in the range that is shown. */
export function KindTable({ kinds }: Pick<QueueDetails, 'kinds'>) {
  if (kinds.length === 0) return <Look title="No job of this queue is known." />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls and holds nothing to focus could not be scrolled by keyboard
    <section className="table-scroll" tabIndex={0} aria-label="Kinds of job, with durations">
      <Table label="Kinds of job" columns={COLUMNS} rows={kinds} keyOf={({ kind }) => kind} />
    </section>
  );
}

const COLUMNS: readonly Column<Kind>[] = [
  { key: 'kind', header: 'Kind', phone: 'title', cell: ({ kind }) => kind },
  {
    key: 'waiting',
    header: 'Waiting',
    isNumber: true,
    phone: 'figure',
    cell: ({ counts }) => <Count value={counts.queued ?? 0} />,
  },
  {
    key: 'running',
    header: 'Running',
    isNumber: true,
    phone: 'detail',
    cell: ({ counts }) => <Count value={counts.running ?? 0} />,
  },
  {
    key: 'dead',
    header: 'Dead',
    isNumber: true,
    phone: 'detail',
    cell: ({ counts }) => <Count value={counts.dead ?? 0} />,
  },
  { key: 'in', header: 'In', isNumber: true, phone: 'none', cell: ({ total }) => <Count value={total.in} /> },
  {
    key: 'succeeded',
    header: 'Succeeded',
    isNumber: true,
    phone: 'detail',
    cell: ({ total }) => <Count value={total.succeeded} />,
  },
  {
    key: 'failed',
    header: 'Failed',
    isNumber: true,
    phone: 'detail',
    cell: ({ total }) => <Count value={total.failedAttempts} />,
  },
  ...durationColumns('Wait', ({ total }) => total.queueWait),
  ...durationColumns('Run', ({ total }) => total.run),
];

function durationColumns(name: string, of: (kind: Kind) => Durations): readonly Column<Kind>[] {
  return (['p50Ms', 'p95Ms', 'p99Ms'] as const).map((percentile) => ({
    key: `${name}-${percentile}`,
    header: `${name} ${percentile.slice(0, 3)}`,
    isNumber: true,
    phone: percentile === 'p95Ms' ? 'detail' : 'none',
    cell: (kind) => {
      const durations = of(kind);
      return durations === undefined ? <Nothing /> : formatDuration(durations[percentile]);
    },
  }));
}
