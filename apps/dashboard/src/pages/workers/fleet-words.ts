import type { Worker } from '../../api/workers.ts';
import { formatCount, formatCounted } from '../../format/number.ts';

/** All workers in a sentence: how many, how busy, and whether they are of one version. */
export function fleetWords(workers: readonly Worker[]): string {
  const slots = workers.flatMap(({ load }) => load?.slots ?? []);
  const size = slots.reduce((sum, slot) => sum + slot.size, 0);
  const busy = slots.reduce((sum, slot) => sum + slot.busy, 0);
  const versions = new Set(workers.map(({ version }) => version)).size;
  const busyWords = `${formatCounted(workers.length, 'worker')}, ${formatCount(busy)} of ${formatCounted(size, 'slot')} busy.`;
  return versions < 2 ? busyWords : `${busyWords} They run ${versions} versions.`;
}
