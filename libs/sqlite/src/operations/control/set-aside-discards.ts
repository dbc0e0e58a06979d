import type { SetAsideDiscard } from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';
import type { Audit } from './audit.ts';
import type { Moment } from './moment.ts';

/** The operation that deletes what is set aside: see `ControlStore` of the core. */
export function createSetAsideDiscards(connection: SqlConnection, audit: Audit) {
  const remove = {
    messages: connection.prepare('DELETE FROM set_aside WHERE seq = ?'),
    events: connection.prepare('DELETE FROM unapplied_event WHERE seq = ?'),
  };

  return {
    discardSetAside({ kind, seqs, ...author }: SetAsideDiscard, { at }: Moment): number {
      const count = seqs.reduce((sum, seq) => sum + remove[kind].run(seq), 0);
      if (count > 0) audit.add({ ...author, action: `discard-${kind}`, at });
      return count;
    },
  };
}
