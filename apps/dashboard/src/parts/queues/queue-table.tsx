import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Queue } from '../../api/queues.ts';
import { formatAge } from '../../format/duration.ts';
import { formatMoment } from '../../format/moment.ts';
import { Sparkline } from '../../ui/data/sparkline.tsx';
import { type Column, Table } from '../../ui/data/table.tsx';
import { Count, Nothing, Rate, Share } from '../../ui/text/count.tsx';
import { Moment } from '../../ui/text/moment.tsx';
import { Pill } from '../../ui/text/pill.tsx';
import { heldOrder } from '../held-order.ts';

interface QueueTableProps {
  readonly queues: readonly Queue[];
  /** Names of queues that a fault is about: they come first, and their oldest wait is bold. */
  readonly faulty: ReadonlySet<string>;
  readonly now: Date;
}

/** All queues. No row moves while the pointer is over the table. */
export function QueueTable({ queues, faulty, now }: QueueTableProps) {
  const [held, setHeld] = useState<readonly string[]>();
  const wanted = [
    ...queues.filter(({ queue }) => faulty.has(queue)),
    ...queues.filter(({ queue }) => !faulty.has(queue)),
  ].map(({ queue }) => queue);
  const byName = new Map(queues.map((queue) => [queue.queue, queue]));
  const order = held === undefined ? wanted : heldOrder(held, wanted);
  return (
    <div
      className="table-scroll"
      onPointerEnter={() => setHeld(wanted)}
      onPointerLeave={() => setHeld(undefined)}
    >
      <Table
        label="Queues"
        columns={columnsFor(faulty, now)}
        rows={order.flatMap((name) => byName.get(name) ?? [])}
        keyOf={({ queue }) => queue}
        lookOf={({ pause }) => (pause === undefined ? undefined : 'muted')}
      />
    </div>
  );
}

function columnsFor(faulty: ReadonlySet<string>, now: Date): readonly Column<Queue>[] {
  return [
    { key: 'queue', header: 'Queue', phone: 'title', cell: (queue) => <QueueName queue={queue} now={now} /> },
    {
      key: 'oldest',
      header: 'Oldest waiting',
      phoneHeader: 'Oldest',
      isNumber: true,
      phone: 'figure',
      cell: ({ queue, oldestWaitingMs }) =>
        oldestWaitingMs === undefined ? (
          <Nothing />
        ) : (
          <span className={faulty.has(queue) ? 'late' : undefined}>{formatAge(oldestWaitingMs)}</span>
        ),
    },
    {
      key: 'waiting',
      header: 'Waiting',
      isNumber: true,
      phone: 'detail',
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
      key: 'delayed',
      header: 'Delayed',
      isNumber: true,
      phone: 'none',
      cell: ({ counts }) => <Count value={(counts.scheduled ?? 0) + (counts.retrying ?? 0)} />,
    },
    {
      key: 'in',
      header: 'In /s',
      isNumber: true,
      phone: 'none',
      cell: ({ inPerSecond }) => <Rate perSecond={inPerSecond} />,
    },
    {
      key: 'out',
      header: 'Out /s',
      isNumber: true,
      phone: 'none',
      cell: ({ outPerSecond }) => <Rate perSecond={outPerSecond} />,
    },
    {
      key: 'trend',
      header: 'Last 5 min',
      phone: 'none',
      cell: ({ queue, trend }) => (
        <Sparkline values={trend} label={`${queue}, jobs that ended in each 10 s of the last 5 minutes`} />
      ),
    },
    {
      key: 'failing',
      header: 'Failing',
      isNumber: true,
      phone: 'none',
      cell: ({ failureShare }) => <Share share={failureShare} />,
    },
    {
      key: 'workers',
      header: 'Workers',
      isNumber: true,
      phone: 'detail',
      cell: ({ workers }) => (workers === 0 ? <span className="late">none</span> : <Count value={workers} />),
    },
    {
      key: 'empty',
      header: 'Empty',
      phone: 'none',
      cell: (queue) => <span className="soft">{emptyWords(queue, now)}</span>,
    },
  ];
}

function QueueName({ queue: { queue, pause }, now }: { readonly queue: Queue; readonly now: Date }) {
  return (
    <>
      <Link to="/queues/$queue" params={{ queue }}>
        {queue}
      </Link>{' '}
      {pause !== undefined && (
        <Pill>
          paused by {pause.by}, <Moment at={pause.at} now={now} />
        </Pill>
      )}
    </>
  );
}

/** When nothing waits any more, if it goes on like this. */
function emptyWords({ pause, emptyAt, counts }: Queue, now: Date): string {
  if ((counts.queued ?? 0) === 0) return 'empty';
  if (pause !== undefined) return 'paused';
  return emptyAt === undefined ? 'never' : formatMoment(emptyAt, now);
}
