import {
  type AttemptStart,
  decideStart,
  isRunOver,
  type JobRecord,
  type RecordedStart,
  type StartRequest,
  type StoredStartAnswer,
} from '@leveret/core';
import type { SqlConnection } from '../file/libsql.ts';

/** The operations on starts of attempts: see `AttemptLedger` of the core. Every time is the file's, in milliseconds. */
export function createStartOperations(
  connection: SqlConnection,
  recordOf: (id: string) => JobRecord | undefined,
) {
  const startsOf = connection.prepare(
    'SELECT instance_id, is_ended, started_at FROM start WHERE job_id = ? AND attempt = ?',
  );
  const put = connection.prepare(
    `INSERT INTO start (job_id, attempt, instance_id, is_ended, started_at) VALUES (?1, ?2, ?3, ?4, ?5)
       ON CONFLICT DO UPDATE SET is_ended = ?4, started_at = ?5`,
  );
  const anyStart = connection.prepare('SELECT 1 FROM start LIMIT 1');
  const forget = connection.prepare('DELETE FROM start WHERE job_id = ? AND attempt <= ?');

  /** The starts that were asked for, and the first one, of which an event told. */
  function readStarts({ jobId, attempt }: StartRequest, record: JobRecord | undefined, now: number) {
    const starts: RecordedStart[] = startsOf.all(jobId, attempt).map(([instanceId, isEnded, startedAt]) => ({
      instanceId: String(instanceId),
      isEnded: isEnded === 1,
      ageMs: Math.max(0, now - Number(startedAt)),
    }));
    const runsOn = record?.state === 'running' && record.attempt === attempt ? record.runsOn : undefined;
    if (runsOn === undefined || starts.some(({ instanceId }) => instanceId === runsOn)) return starts;
    return [...starts, { instanceId: runsOn, isEnded: false, ageMs: 0 }];
  }

  function beginOne(request: StartRequest, now: number): StoredStartAnswer {
    const { jobId, attempt, instanceId, endedIds, isAhead } = request;
    const record = recordOf(jobId);
    const starts = readStarts(request, record, now);
    const known = { isSettled: isRunOver(record, request), starts };
    const answer = decideStart(known, request);
    if (isAhead || answer.kind === 'started') return answer;
    for (const start of starts) {
      const isEnded = start.isEnded || endedIds.includes(start.instanceId);
      put.run(jobId, attempt, start.instanceId, isEnded ? 1 : 0, now - start.ageMs);
    }
    if (answer.kind === 'granted') put.run(jobId, attempt, instanceId, 0, now);
    return answer;
  }

  return {
    operations: {
      begin: (requests: readonly StartRequest[], now: number) =>
        requests.map((request) => beginOne(request, now)),
      noteEnds(ends: readonly AttemptStart[], now: number): void {
        // Of a settled attempt nothing is kept: nothing would remove it.
        for (const { jobId, attempt, instanceId } of ends)
          if ((recordOf(jobId)?.settledAttempt ?? 0) < attempt) put.run(jobId, attempt, instanceId, 1, now);
      },
    },
    /** Starts of attempts that are settled are of no account any more. */
    forgetSettled(records: readonly Pick<JobRecord, 'id' | 'settledAttempt'>[]): void {
      if (anyStart.get() === undefined) return;
      for (const { id, settledAttempt } of records) if (settledAttempt > 0) forget.run(id, settledAttempt);
    },
  };
}
