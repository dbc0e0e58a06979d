import type { NewestAttempt } from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';

/** Prepares to read where the newest attempts of jobs ran: see `JobReader` of the core. */
export function prepareNewestAttempts(
  connection: SqlConnection,
): (ids: readonly string[]) => readonly NewestAttempt[] {
  const find = connection.prepare(
    'SELECT attempt, worker_id, host, version FROM attempt WHERE job_id = ? ORDER BY generation DESC, attempt DESC LIMIT 1',
  );
  return (ids) =>
    ids.flatMap((jobId) => {
      const row = find.get(jobId);
      if (row === undefined) return [];
      const [attempt, workerId, host, version] = row;
      return [
        {
          jobId,
          attempt: Number(attempt),
          ...(typeof workerId === 'string' ? { workerId } : {}),
          ...(typeof host === 'string' ? { host } : {}),
          ...(typeof version === 'string' ? { version } : {}),
        },
      ];
    });
}
