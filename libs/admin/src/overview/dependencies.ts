import type { DependencyView, FaultView } from '@leveret/http-contract/admin';
import type { FaultKind } from '../faults/fault.ts';
import type { Observation } from '../faults/observation.ts';
import { toSizeWords } from '../faults/words.ts';

/** A recorder that has nowhere to write to. */
const WAITING = { state: 'warning', text: 'waits for the ledger' } as const;

/** What Leveret depends on, and how it is. Pure. `observation` is undefined before the first look. */
export function dependenciesOf(
  observation: Observation | undefined,
  faults: readonly FaultView[],
): DependencyView[] {
  if (observation === undefined) return [];
  const stateOf = (kinds: Readonly<Partial<Record<FaultKind, DependencyView['state']>>>) => {
    const fault = faults.find(({ kind }) => kinds[kind] !== undefined);
    return fault && { state: kinds[fault.kind] ?? 'warning', text: fault.detail ?? fault.text };
  };
  const isLedgerAway = faults.some(({ kind }) => kind === 'ledger-away');
  const up = (text: string) => ({ state: 'up' as const, text });
  return [
    {
      name: 'broker',
      ...(stateOf({ 'broker-away': 'down', 'broker-blocked': 'blocked' }) ?? up('takes messages')),
    },
    { name: 'ledger', ...(stateOf({ 'ledger-away': 'down' }) ?? up('can be read and written')) },
    {
      name: 'recorder',
      ...(stateOf({ 'recorder-away': 'down', 'recorder-lagging': 'warning' }) ??
        (isLedgerAway ? WAITING : up('writes what happens'))),
    },
    {
      name: 'control',
      ...(stateOf({ 'control-away': 'down', 'control-lagging': 'warning' }) ?? up('answers workers')),
    },
    { name: 'disk', ...(stateOf({ 'disk-low': 'warning' }) ?? up(diskText(observation))) },
  ];
}

function diskText({ disks }: Observation): string {
  return disks.length === 0
    ? 'not watched'
    : disks.map(({ freeBytes, folder }) => `${toSizeWords(freeBytes)} left in ${folder}`).join(', ');
}
