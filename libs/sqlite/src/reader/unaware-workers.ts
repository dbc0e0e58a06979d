import { type AwareWorker, findUnaware, type UnawareWorker, type WorkerStart } from '@leveret/core';
import type { SqlConnection, SqlRow } from '../file/libsql.ts';

/** Jobs of one kind and state whose attempts are looked at. */
const JOBS_OF_GROUP = 200;

/** Prepares to find workers that do not ask what control has decided: see `JobReader` of the core. */
export function prepareUnawareWorkers(
  connection: SqlConnection,
): (queue: string, since: number) => readonly UnawareWorker[] {
  // Jobs that wait were mostly not started yet.
  const groupsOf = connection.prepare(
    `SELECT kind, state FROM counter WHERE queue = ? AND count > 0 AND state NOT IN ('scheduled', 'queued')`,
  );
  const startsOf = connection.prepare(
    `SELECT worker_id, instance_id, host, version, started_at FROM attempt
       WHERE job_id IN (SELECT id FROM job WHERE queue = ? AND kind = ? AND state = ? AND updated_at >= ?4 ORDER BY updated_at DESC LIMIT ${JOBS_OF_GROUP})
         AND worker_id IS NOT NULL AND started_at >= ?4`,
  );
  const listAware = connection.prepare(
    `SELECT instance_id, presence ->> 'workerId', presence ->> 'startedAt' FROM worker_presence`,
  );

  return (queue, since) => {
    const starts = groupsOf
      .all(queue)
      .flatMap(([kind = '', state = '']) => startsOf.all(queue, kind, state, since).map(toStart));
    return starts.length === 0 ? [] : findUnaware(starts, listAware.all().map(toAware));
  };
}

function toStart([workerId, instanceId, host, version, startedAt]: SqlRow): WorkerStart {
  return {
    workerId: String(workerId),
    ...(typeof instanceId === 'string' ? { instanceId } : {}),
    ...(typeof host === 'string' ? { host } : {}),
    ...(typeof version === 'string' ? { version } : {}),
    lastStartAt: Number(startedAt),
  };
}

function toAware([instanceId, workerId, startedAt]: SqlRow): AwareWorker {
  return { instanceId: String(instanceId), workerId: String(workerId), startedAt: Number(startedAt) };
}
