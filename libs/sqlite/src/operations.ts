import { createEventOperations } from './event-operations.ts';
import { createJobOperations } from './job-operations.ts';
import type { SqlConnection } from './libsql.ts';
import { createMessageOperations } from './message-operations.ts';
import { isGone } from './process-identity.ts';

/** What the poll found: where there is something to do. */
export interface PollReport {
  /** Of the queues asked about, those with a message that can be claimed. */
  readonly queues: readonly string[];
  readonly hasEvents: boolean;
  /** Claimants whose process is gone: what they held is to be taken back. */
  readonly gone: readonly number[];
}

/** Every operation on the file. Each is one step inside the transaction of its batch. */
export function createOperations(connection: SqlConnection, claimant: number) {
  const messages = createMessageOperations(connection, claimant);
  const events = createEventOperations(connection, claimant);
  const jobs = createJobOperations(connection);
  const others = connection.prepare('SELECT id, identity FROM claimant WHERE id <> ?');
  const forget = connection.prepare('DELETE FROM claimant WHERE id = ?');
  const countOthers = connection.prepare('SELECT count(*) AS count FROM claimant WHERE id <> ?');

  /** Gives back everything that a claimant holds. */
  function retire(other: number): void {
    messages.releaseClaimsOf(other);
    events.dismissRecorderOf(other);
    forget.run(other);
  }

  return {
    ...messages,
    ...events,
    ...jobs,
    poll(queues: readonly string[], now: number): PollReport {
      const rows = others.all(claimant);
      return {
        queues: queues.filter((queue) => messages.hasClaimable(queue, now)),
        hasEvents: events.hasEvents(),
        gone: rows.filter((row) => isGone(String(row['identity']))).map((row) => Number(row['id'])),
      };
    },
    /** Whether other processes have the file open: only then is there somebody to wake. */
    hasOthers: (): boolean => Number(countOthers.get(claimant)?.['count']) > 0,
    retireGone(gone: readonly number[]): void {
      for (const other of gone) retire(other);
    },
    retire: () => retire(claimant),
  };
}

/** The operations by name. */
export type Operations = ReturnType<typeof createOperations>;
/** The name of an operation. */
export type OperationName = keyof Operations;

/** Operations that only read: a batch of nothing else needs no transaction. */
export const READ_ONLY: ReadonlySet<string> = new Set<OperationName>([
  'poll',
  'get',
  'inspect',
  'hasClaimable',
  'hasEvents',
]);

/** Operations after which somebody may have something to do. */
export const WAKING: ReadonlySet<string> = new Set<OperationName>([
  'publish',
  'settle',
  'release',
  'emit',
  'retireGone',
  'resignRecorder',
  'retire',
]);
