import type { Queue } from '../../api/queues.ts';
import { formatAge } from '../../format/duration.ts';
import { formatMoment } from '../../format/moment.ts';
import { formatCount, formatRate } from '../../format/number.ts';
import { SlotsOf } from '../../parts/queues/slots-of.tsx';
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
          of: <SlotsOf running={counts.running ?? 0} slots={slots.size} />,
        },
        { name: 'Delayed', value: <Count value={(counts.scheduled ?? 0) + (counts.retrying ?? 0)} /> },
        {
          name: 'Per second',
          value: formatRate(inPerSecond),
          of: `in, ${formatRate(outPerSecond)} out`,
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

function emptyOf({ emptyAt }: Queue, now: Date): string | undefined {
  return emptyAt === undefined ? undefined : `empty at ${formatMoment(emptyAt, now)}`;
}
