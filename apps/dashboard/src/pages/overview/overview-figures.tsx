import type { LedgerOverview } from '../../api/overview.ts';
import { formatAge } from '../../format/duration.ts';
import { formatRate } from '../../format/number.ts';
import { SlotsOf } from '../../parts/queues/slots-of.tsx';
import { Figures } from '../../ui/data/figures.tsx';
import { Sparkline } from '../../ui/data/sparkline.tsx';
import { Count, Nothing } from '../../ui/text/count.tsx';
import { sumUp } from './sum-up.ts';

interface OverviewFiguresProps {
  readonly ledger: LedgerOverview;
  /** Names of queues that a fault is about. */
  readonly faulty: ReadonlySet<string>;
}

/** The numbers of all queues together. */
export function OverviewFigures({ ledger: { counts, queues }, faulty }: OverviewFiguresProps) {
  const { oldest, slots, busy, outPerSecond, trend } = sumUp(queues);
  return (
    <Figures
      figures={[
        {
          name: 'Oldest waiting',
          value: oldest === undefined ? <Nothing /> : formatAge(oldest.ms),
          of: oldest?.queue,
          tone: oldest !== undefined && faulty.has(oldest.queue) ? 'bad' : undefined,
        },
        { name: 'Waiting', value: <Count value={counts.queued ?? 0} /> },
        {
          name: 'Running',
          value: <Count value={busy} />,
          of: <SlotsOf running={busy} slots={slots} />,
        },
        {
          name: 'Finished per second',
          value: formatRate(outPerSecond),
          trend: <Sparkline values={trend} label="Jobs that ended in each 10 s of the last 5 minutes" />,
        },
        { name: 'Retrying', value: <Count value={counts.retrying ?? 0} /> },
        { name: 'Dead', value: <Count value={counts.dead ?? 0} /> },
      ]}
    />
  );
}
