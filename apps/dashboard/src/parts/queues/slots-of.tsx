import { formatCount } from '../../format/number.ts';

interface SlotsOfProps {
  /** Jobs that run, as the ledger has recorded them. */
  readonly running: number;
  /** Jobs that workers can run at the same time, as they reported. */
  readonly slots: number;
}

const LAG_WORDS =
  'A job counts as running until its end is recorded, also when its worker is gone. Workers report their slots every 10 s.';

/** Of how many slots the running jobs are. The two come from different sources: more jobs than slots is a lag, and is said to be. */
export function SlotsOf({ running, slots }: SlotsOfProps) {
  if (running <= slots) return `of ${formatCount(slots)} slots`;
  return <span title={LAG_WORDS}>recorded, {formatCount(slots)} slots reported</span>;
}
