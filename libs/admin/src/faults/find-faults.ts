import { dependencyFaults } from './dependency-faults.ts';
import type { FaultKind, Finding } from './fault.ts';
import { failingKinds } from './kind-failing.ts';
import { ledgerOf, type Observation } from './observation.ts';
import { queueFaults } from './queue-faults.ts';
import type { WaitingLimits } from './waiting-limits.ts';

/** What was found at a moment. */
export interface Found {
  readonly findings: readonly Finding[];
  /** Kinds of which is not known whether there are faults: those that there were go on. */
  readonly unknown: ReadonlySet<FaultKind>;
}

/** Everything that is wrong. Pure. */
export function findFaults(observation: Observation, limits: WaitingLimits): Found {
  const ledger = ledgerOf(observation);
  return {
    findings: [
      ...dependencyFaults(observation),
      ...queueFaults(observation, limits),
      ...(ledger === undefined ? [] : failingKinds(ledger)),
    ],
    unknown: unknownKinds(observation),
  };
}

/** What only the ledger knows. */
const LEDGER_KINDS: readonly FaultKind[] = [
  'recorder-away',
  'recorder-lagging',
  'no-worker',
  'waiting-too-long',
  'kind-failing',
  'set-aside',
];

function unknownKinds(observation: Observation): ReadonlySet<FaultKind> {
  const { broker, store, control, depths } = observation;
  const isLedgerAway = ledgerOf(observation) === undefined;
  return new Set<FaultKind>([
    ...(isLedgerAway ? LEDGER_KINDS : []),
    ...(broker.state === 'down' || store.state === 'down'
      ? (['recorder-away', 'recorder-lagging'] as const)
      : []),
    ...(store.state === 'down' ? (['no-worker'] as const) : []),
    ...(control === undefined ? (['control-away', 'control-lagging'] as const) : []),
    ...(isLedgerAway || depths === undefined ? (['depth-differs'] as const) : []),
  ]);
}
