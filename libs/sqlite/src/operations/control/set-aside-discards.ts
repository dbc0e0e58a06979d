import type { SetAsideDiscard } from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';
import type { Audit } from './audit.ts';
import type { Moment } from './moment.ts';

/** Entries that the audit names by their numbers. */
const MAX_NAMED = 50;

/** The operation that deletes what is set aside: see `ControlStore` of the core. */
export function createSetAsideDiscards(connection: SqlConnection, audit: Audit) {
  const remove = {
    messages: connection.prepare('DELETE FROM set_aside WHERE seq = ?'),
    events: connection.prepare('DELETE FROM unapplied_event WHERE seq = ?'),
  };

  return {
    discardSetAside({ kind, seqs, ...author }: SetAsideDiscard, { at }: Moment): number {
      const removed = seqs.filter((seq) => remove[kind].run(seq) > 0);
      const detail = `${removed.length}: ${removed.slice(0, MAX_NAMED).join(', ')}`;
      if (removed.length > 0) audit.add({ ...author, action: `discard-${kind}`, at, detail });
      return removed.length;
    },
  };
}
