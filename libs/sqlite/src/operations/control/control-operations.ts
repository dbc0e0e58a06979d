import type {
  ControlAnswer,
  ControlRequest,
  ControlView,
  ControlViewRequest,
  WorkerPresence,
} from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';
import type { Activity } from '../activity/activity.ts';
import { createAudit } from './audit.ts';
import { createBulkOperations, type OperationStep } from './bulk-operations.ts';
import { createJobControl } from './job-control.ts';
import type { Moment } from './moment.ts';
import { createQueuePauses } from './queue-pauses.ts';
import { createSetAsideDiscards } from './set-aside-discards.ts';
import type { SupersededEntries } from './superseded-entries.ts';
import { createWorkerPresences } from './worker-presences.ts';

/** What control works with. */
export interface ControlContext {
  readonly superseded: SupersededEntries;
  readonly noteTime: (now: number) => void;
  readonly activity: Pick<Activity, 'rollups' | 'changes'>;
}

/** The operations of control: see `ControlStore` of the core. */
export function createControlOperations(
  connection: SqlConnection,
  { superseded, noteTime, activity }: ControlContext,
) {
  const audit = createAudit(connection);
  const jobs = createJobControl(connection, { superseded, audit, activity });
  const { pausesOf, ...pauses } = createQueuePauses(connection, { superseded, audit });
  const bulk = createBulkOperations(connection, { jobs, audit });
  const presences = createWorkerPresences(connection);

  return {
    ...pauses,
    ...presences,
    noteWorker(worker: WorkerPresence, now: number): void {
      noteTime(now);
      presences.noteWorker(worker, now);
      // Done every few seconds while there are workers, whatever operators do.
      superseded.purge(now);
    },
    ...bulk,
    ...createSetAsideDiscards(connection, audit),
    audit: audit.list,
    control(requests: readonly ControlRequest[], moment: Moment): readonly ControlAnswer[] {
      noteTime(moment.now);
      return requests.map((request) => jobs.carryOut({ ...request, ...moment }));
    },
    workOperation(step: OperationStep, moment: Moment) {
      noteTime(moment.now);
      return bulk.workOperation(step, moment);
    },
    view: (request: ControlViewRequest): ControlView => ({
      ...superseded.view(request),
      paused: pausesOf(request.queues),
    }),
  };
}
