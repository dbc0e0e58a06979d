import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { failureGroupQuery } from '../../api/failures.ts';
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
  const session = useSession();
  const [undoing, setUndoing] = useState<UndoableDiscard>();
  const discards = undoableDiscards(operations, now);
  return (
    <>
      {discards.length > 0 && (
        <ul className="undo-discards" aria-label="Discarded lately">
          {discards.map((discard) => (
            <li key={discard.operation.id}>
              <DiscardWords discard={discard} now={now} />
              <Button
                whyNot={whyNotPossible('restore', ['discarded'], session)}
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

/** What was discarded. The ledger may not have the group any more: then its fingerprint stands for it. */
function DiscardWords({ discard, now }: { readonly discard: UndoableDiscard; readonly now: Date }) {
  const { operation, fingerprint } = discard;
  const message = useQuery(failureGroupQuery(fingerprint)).data?.group.message;
  return (
    <p>
      <Link to="/operations/$id" params={{ id: operation.id }}>
        {formatCounted(operation.done, 'job')}
      </Link>{' '}
      of{' '}
      <Link to="/failures" search={{ fingerprint }}>
        {message ?? <code>{fingerprint}</code>}
      </Link>{' '}
      discarded by {operation.by}, <Moment at={operation.createdAt} now={now} />.
    </p>
  );
}
