import { type Clock, lagAfter, type RecordingLag } from '@leveret/core';
import type { SqlConnection } from '../file/libsql.ts';

/** Prepares to say how far the ledger in a file may be behind: events that wait in the file say it exactly, others by the report of their recorder. */
export function createRecordingLag(
  connection: SqlConnection,
  { now }: Pick<Clock, 'now'>,
): () => RecordingLag {
  const oldestEvent = connection.prepare("SELECT events ->> '$[0].at' FROM event ORDER BY seq LIMIT 1");
  const recorder = connection.prepare("SELECT 1 FROM role WHERE name = 'recorder'");
  const lastReport = connection.prepare('SELECT at, behind_ms, is_own FROM recording_report');

  return () => {
    const isReported = recorder.get() !== undefined;
    const oldest = oldestEvent.get();
    if (oldest !== undefined) {
      const [at] = oldest;
      return typeof at === 'number' ? { behindMs: Math.max(0, now() - at), isReported } : { isReported };
    }
    const [at, behindMs, isOwn] = lastReport.get() ?? [];
    if (isOwn === 1) return { behindMs: 0, isReported };
    return lagAfter(at === undefined ? undefined : { at: Number(at), behindMs: Number(behindMs) }, now());
  };
}
