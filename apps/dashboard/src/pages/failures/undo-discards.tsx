import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Operation } from '../../api/operations.ts';
import { formatCounted } from '../../format/number.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { whyNotPossible } from '../../parts/action-rules.ts';
import { useSession } from '../../shell/use-session.ts';
import { Button } from '../../ui/controls/button.tsx';
import { Moment } from '../../ui/text/moment.tsx';
import { type UndoableDiscard, undoableDiscards } from './group-operations.ts';

interface UndoDiscardsProps {
  /** Newest first. */
  readonly operations: readonly Operation[];
  readonly now: Date;
}

/** Groups that were discarded lately, each with a button that restores its jobs. */
export function UndoDiscards({ operations, now }: UndoDiscardsProps) {
  const { verbs } = useSession();
  const [undoing, setUndoing] = useState<UndoableDiscard>();
  const discards = undoableDiscards(operations, now);
  return (
    <>
      {discards.length > 0 && (
        <ul className="undo-discards" aria-label="Discarded lately">
          {discards.map((discard) => (
            <li key={discard.operation.id}>
              <p>
                <Link to="/operations/$id" params={{ id: discard.operation.id }}>
                  {formatCounted(discard.operation.done, 'job')}
                </Link>{' '}
                of group{' '}
                <Link to="/failures" search={{ fingerprint: discard.fingerprint }}>
                  <code>{discard.fingerprint}</code>
                </Link>{' '}
                discarded by {discard.operation.by}, <Moment at={discard.operation.createdAt} now={now} />.
              </p>
              <Button
                whyNot={whyNotPossible('restore', ['discarded'], verbs)}
                onClick={() => setUndoing(discard)}
              >
                Undo…
              </Button>
            </li>
          ))}
        </ul>
      )}
      {undoing !== undefined && (
        <ActionDialog
          action="restore"
          target={{
            kind: 'matching',
            filter: undoing.filter,
            count: undoing.operation.done,
            isExact: true,
          }}
          onClose={() => setUndoing(undefined)}
        />
      )}
    </>
  );
}
