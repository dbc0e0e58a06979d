import type { QueueControl, QueueControlAnswer, QueuePause } from '@leveret/core';
import type { SqlConnection, SqlRow } from '../../file/libsql.ts';
import type { Audit } from './audit.ts';
import type { Moment } from './moment.ts';
import type { SupersededEntries } from './superseded-entries.ts';

/** What pausing works with. */
export interface QueuePausesContext {
  readonly superseded: Pick<SupersededEntries, 'nextSeq' | 'lastSeq'>;
  readonly audit: Audit;
}

/** Prepares to read all paused queues, by name. */
export function preparePauses(connection: SqlConnection): () => readonly QueuePause[] {
  const list = connection.prepare('SELECT queue, author, reason, at FROM pause ORDER BY queue');
  return () => list.all().map(toPause);
}

/** The operations on paused queues. */
export function createQueuePauses(connection: SqlConnection, { superseded, audit }: QueuePausesContext) {
  const insert = connection.prepare(
    'INSERT INTO pause (queue, author, reason, at) VALUES (?, ?, ?, ?) ON CONFLICT (queue) DO NOTHING',
  );
  const remove = connection.prepare('DELETE FROM pause WHERE queue = ?');
  const listSome = connection.prepare(
    `SELECT queue, author, reason, at FROM pause WHERE queue IN (SELECT value FROM json_each(?)) ORDER BY queue`,
  );

  function note(action: 'pause' | 'resume', control: QueueControl, { at }: Moment): QueueControlAnswer {
    audit.add({ ...control, action, at });
    return { isChanged: true, seq: superseded.nextSeq() };
  }

  const unchanged = (): QueueControlAnswer => ({ isChanged: false, seq: superseded.lastSeq() });

  return {
    pauseQueue(pause: QueueControl, moment: Moment): QueueControlAnswer {
      const { queue, by, reason = null } = pause;
      return insert.run(queue, by, reason, moment.at) > 0 ? note('pause', pause, moment) : unchanged();
    },
    resumeQueue(resume: QueueControl, moment: Moment): QueueControlAnswer {
      return remove.run(resume.queue) > 0 ? note('resume', resume, moment) : unchanged();
    },
    pauses: preparePauses(connection),
    pausesOf: (queues: readonly string[]): readonly QueuePause[] =>
      listSome.all(JSON.stringify(queues)).map(toPause),
  };
}

function toPause([queue, by, reason, at]: SqlRow): QueuePause {
  return {
    queue: String(queue),
    by: String(by),
    ...(typeof reason === 'string' ? { reason } : {}),
    at: Number(at),
  };
}
