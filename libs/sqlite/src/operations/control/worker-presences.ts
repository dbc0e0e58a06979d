import { FORGET_WORKER_AFTER_MS, type SeenWorker, type WorkerPresence } from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';
import type { Moment } from './moment.ts';

/** The operations on workers that ask what control has decided. */
export function createWorkerPresences(connection: SqlConnection) {
  const put = connection.prepare(
    'INSERT OR REPLACE INTO worker_presence (instance_id, presence, seen_at) VALUES (?, ?, ?)',
  );
  const removeOld = connection.prepare('DELETE FROM worker_presence WHERE seen_at <= ?');
  const leave = connection.prepare('UPDATE worker_presence SET has_left = 1 WHERE instance_id = ?');
  const list = connection.prepare(
    'SELECT presence, seen_at FROM worker_presence WHERE seen_at >= ? AND has_left = 0',
  );

  return {
    noteWorker(worker: WorkerPresence, now: number): void {
      put.run(worker.instanceId, JSON.stringify(worker), now);
      removeOld.run(now - FORGET_WORKER_AFTER_MS);
    },
    forgetWorker(instanceId: string): void {
      leave.run(instanceId);
    },
    workers(withinMs: number, { now, at }: Moment): readonly SeenWorker[] {
      const workers = list.all(now - withinMs).map(([presence, seenAt]) => ({
        ...(JSON.parse(String(presence)) as WorkerPresence),
        seenAt: at - (now - Number(seenAt)),
      }));
      return workers.sort((a, b) => compareTexts(nameOf(a), nameOf(b)));
    },
  };
}

function nameOf({ workerId, instanceId }: WorkerPresence): string {
  return `${workerId} ${instanceId}`;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
