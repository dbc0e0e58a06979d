import { askControl } from '@leveret/control';
import { type Broker, type Clock, type JobStore, messageOf, withDeadline } from '@leveret/core';
import type { LedgerSnapshots } from '../overview/ledger-snapshots.ts';
import { readDisks } from './folder-disks.ts';
import { ledgerOf, type Observation, type QueueDepth } from './observation.ts';

/** How long broker, disks and control may take, in milliseconds. */
const ANSWER_MS = 2_000;
/** Whoever asks for control under this name is not noted as a worker. */
const ASKING_AS = 'fault-monitor';

/** What is observed. */
export interface ObservedParts {
  readonly broker: Broker;
  readonly store: Pick<JobStore, 'status' | 'view'>;
  readonly snapshots: LedgerSnapshots;
  /** The recorder of this process, if there is one. */
  readonly recorder?: RecorderHealth;
  /** Folders of data whose disks are watched. */
  readonly dataFolders: readonly string[];
  readonly clock: Clock;
}

/** Whether a recorder may record, and if not, why. */
export interface RecorderHealth {
  status(): { readonly state: 'up' } | { readonly state: 'down'; readonly reason: string };
}

/** Looks at everything that may be at fault. Never rejects: what does not answer in time is not known. */
export async function observe(parts: ObservedParts, isStarting: boolean): Promise<Observation> {
  const { broker, store, recorder, snapshots, dataFolders, clock } = parts;
  const inTime = <T>(work: Promise<T>) =>
    withDeadline(clock, ANSWER_MS, work, () => new Error('late')).catch(() => undefined);
  const status = broker.status();
  const isBrokerDown = status.state === 'down';
  const [ledger, control, disks = []] = await Promise.all([
    snapshots.current().catch((error: unknown) => ({ reason: messageOf(error) })),
    isBrokerDown ? undefined : inTime(askControl(broker.live, ASKING_AS, clock)),
    inTime(readDisks(dataFolders)),
  ]);
  const known = ledgerOf({ ledger });
  const queues = [...new Set(known?.counts.map(({ queue }) => queue))];
  const depths = isBrokerDown || known === undefined ? undefined : await inTime(readDepths(parts, queues));
  const recording = recorder?.status();
  return {
    broker: status,
    store: store.status(),
    recorderRefusal: recording?.state === 'down' ? recording.reason : undefined,
    ledger,
    control,
    depths,
    disks,
    isStarting,
  };
}

async function readDepths(
  { broker, store }: Pick<ObservedParts, 'broker' | 'store'>,
  queues: readonly string[],
): Promise<readonly QueueDepth[]> {
  const counts = await broker.inspect(queues);
  return await Promise.all(
    counts.map(async ({ queue, ready }) => {
      const view = { instanceId: ASKING_AS, queues: [queue], afterSeq: Number.MAX_SAFE_INTEGER };
      const { supersededCount: superseded } = await store.view(view);
      return { queue, ready, superseded };
    }),
  );
}
