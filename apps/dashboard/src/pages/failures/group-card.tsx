import type { ControlAction } from '@leveret/core';
import { Link } from '@tanstack/react-router';
import { memo, useId, useState } from 'react';
import type { FailureGroup } from '../../api/failures.ts';
import type { Operation } from '../../api/operations.ts';
import { formatCounted } from '../../format/number.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { whyNotPossible } from '../../parts/action-rules.ts';
import { FailureTrend } from '../../parts/failures/failure-trend.tsx';
import { OperationProgress } from '../../parts/operation-progress.tsx';
import { operationTitle, outcomeWords } from '../../parts/operation-words.ts';
import { StopOperation } from '../../parts/stop-operation.tsx';
import { useSession } from '../../shell/use-session.ts';
import { Button } from '../../ui/controls/button.tsx';
import { Count } from '../../ui/text/count.tsx';
import { Distance, Moment } from '../../ui/text/moment.tsx';
import { GroupDetails } from './group-details.tsx';

interface GroupCardProps {
  readonly group: FailureGroup;
  readonly isOpened: boolean;
  /** Those that are acting on its jobs. */
  readonly operations: readonly Operation[];
  /** Opens a group instead of the one that is opened; empty: closes it. */
  readonly onOpen: (fingerprint: string) => void;
  readonly now: Date;
}

/** A group of failures: what fails, how often, since when, and what to do about it. Up to a hundred are shown: it is rendered again only when it changes. */
export const GroupCard = memo(function GroupCard(props: GroupCardProps) {
  const { group, isOpened, operations, onOpen, now } = props;
  const { fingerprint, errorCode, message, kinds, versions, retrying, dead, firstSeenAt, lastSeenAt } = group;
  const { newJobs } = group;
  const bodyId = useId();
  return (
    <article className="card failure-group">
      <div className="failure-head">
        <div className="failure-words">
          <h2>
            <button
              type="button"
              className="failure-toggle"
              aria-expanded={isOpened}
              aria-controls={bodyId}
              onClick={() => onOpen(isOpened ? '' : fingerprint)}
            >
              {message ?? errorCode}
            </button>
          </h2>
          <p className="soft">
            {kinds.join(', ')} · <code>{errorCode}</code>
            {versions.length > 0 && ` · version ${versions.map(({ version }) => version).join(', ')}`}
          </p>
        </div>
        <div className="failure-trend">
          <FailureTrend group={group} />
          {newJobs > 0 && <span className="late">growing, {formatCounted(newJobs, 'new job')}</span>}
        </div>
        <p className="failure-numbers">
          <span className="failure-counts">
            <span>
              <b>
                <Count value={retrying} />
              </b>{' '}
              retrying
            </span>
            <span>
              <b>
                <Count value={dead} />
              </b>{' '}
              dead
            </span>
          </span>
          <span className="soft">
            first <Moment at={firstSeenAt} now={now} />, last <Distance at={lastSeenAt} now={now} />
          </span>
        </p>
        <GroupActions group={group} />
      </div>
      {operations.map((operation) => (
        <RunningOperation key={operation.id} operation={operation} />
      ))}
      <div id={bodyId} hidden={!isOpened}>
        {isOpened && <GroupDetails fingerprint={fingerprint} />}
      </div>
    </article>
  );
});

/** Not rendered again by the clock, which ticks for each of up to a hundred cards. */
const GroupActions = memo(function GroupActions({
  group: { fingerprint, dead },
}: {
  readonly group: FailureGroup;
}) {
  const session = useSession();
  const [action, setAction] = useState<Extract<ControlAction, 'retry' | 'discard'>>();
  const filter = `fingerprint:${fingerprint} state:dead`;
  const whyNot = (name: ControlAction) =>
    dead === 0 ? 'No job of this group is dead.' : whyNotPossible(name, ['dead'], session);
  return (
    <div className="actions">
      <Link className="button" to="/jobs" search={{ filter: `fingerprint:${fingerprint}` }}>
        Jobs
      </Link>
      <Button whyNot={whyNot('retry')} onClick={() => setAction('retry')}>
        Retry…
      </Button>
      <Button look="danger" whyNot={whyNot('discard')} onClick={() => setAction('discard')}>
        Discard…
      </Button>
      {action !== undefined && (
        <ActionDialog
          action={action}
          target={{ kind: 'matching', filter, count: dead, isExact: true }}
          onClose={() => setAction(undefined)}
        />
      )}
    </div>
  );
});

/** How far an operation on the group is, with a button that stops it. */
function RunningOperation({ operation }: { readonly operation: Operation }) {
  return (
    <div className="failure-operation">
      <OperationProgress operation={operation} />
      <p>
        <Link to="/operations/$id" params={{ id: operation.id }}>
          {operationTitle(operation)}
        </Link>
        {operation.perSecond !== undefined && ` at ${operation.perSecond} a second`}:{' '}
        {outcomeWords(operation)}.
      </p>
      <StopOperation operation={operation} />
    </div>
  );
}
