import type { Queue } from '../../api/queues.ts';
import { formatAge } from '../../format/duration.ts';
import { formatCount, formatRate } from '../../format/number.ts';
import { emptyWords } from '../../parts/queue-table.tsx';
import { Figures } from '../../ui/data/figures.tsx';
import { Count, Nothing, Share } from '../../ui/text/count.tsx';

/** The numbers of a queue now. */
export function QueueFigures({ queue, now }: { readonly queue: Queue; readonly now: Date }) {
  const { counts, oldestWaitingMs, inPerSecond, outPerSecond, failureShare, workers, slots } = queue;
  return (
    <Figures
      figures={[
        {
          name: 'Oldest waiting',
          value: oldestWaitingMs === undefined ? <Nothing /> : formatAge(oldestWaitingMs),
        },
        { name: 'Waiting', value: <Count value={counts.queued ?? 0} />, of: emptyOf(queue, now) },
        {
          name: 'Running',
          value: <Count value={counts.running ?? 0} />,
          of: `of ${formatCount(slots.size)} slots`,
        },
        { name: 'Delayed', value: <Count value={(counts.scheduled ?? 0) + (counts.retrying ?? 0)} /> },
        {
          name: 'In and out',
          value: formatRate(inPerSecond),
          of: `in, ${formatRate(outPerSecond)} out per second`,
        },
        { name: 'Failing', value: <Share share={failureShare} /> },
        {
          name: 'Workers',
          value: workers === 0 ? 'none' : formatCount(workers),
          tone: workers === 0 ? 'bad' : undefined,
        },
        { name: 'Dead', value: <Count value={counts.dead ?? 0} /> },
      ]}
    />
  );
}

function emptyOf(queue: Queue, now: Date): string | undefined {
  const words = emptyWords(queue, now);
  return words === 'empty' || words === 'paused' ? undefined : `empty: ${words}`;
}
