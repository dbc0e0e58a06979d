import type { ControlAction } from '@leveret/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { actOnJob, startOperation } from '../api/actions.ts';
import { jobCountsQuery } from '../api/jobs.ts';
import { formatCounted } from '../format/number.ts';
import { useAnnounce } from '../ui/controls/announcer.tsx';
import { Button } from '../ui/controls/button.tsx';
import { Dialog } from '../ui/controls/dialog.tsx';
import { ACTION_WORDS } from './action-words.ts';
import { ReasonField, reasonOf } from './reason-field.tsx';

/** The jobs that an action is for. */
export type ActionTarget =
  | { readonly kind: 'selected'; readonly jobIds: readonly string[] }
  | {
      readonly kind: 'matching';
      readonly filter: string;
      /** Undefined while it is not known. */
      readonly count: number | undefined;
      /** False when there are more than `count`. */
      readonly isExact: boolean;
    };

interface ActionDialogProps {
  readonly action: ControlAction;
  readonly target: ActionTarget;
  readonly onClose: () => void;
  /** Called when the action was done or its operation has started. */
  readonly onDone?: () => void;
  /** Whether the page of the operation is shown when it has started. */
  readonly showsOperation?: boolean;
}

/** What each action means for the jobs. */
const CONSEQUENCES: Readonly<Record<ControlAction, string>> = {
  cancel: 'They do not run. Handlers that run are aborted.',
  'run-now': 'They do not wait until they are due.',
  retry: 'They run again, with as many attempts as at first.',
  discard:
    'They do not run again, and are deleted after the retention time. Until then they can be restored.',
  restore: 'They are dead again, and can be retried.',
};

/** Asks back before an action on jobs: how many, how fast, why. One job is acted on itself; of several an operation is made. */
export function ActionDialog(given: ActionDialogProps) {
  const { action, onClose } = given;
  const target = useCounted(given.target);
  const [reason, setReason] = useState('');
  const [rate, setRate] = useState('');
  const { mutate, isPending, error } = useAction({ ...given, target });
  const words = ACTION_WORDS[action];
  const counted = countedWords(target);
  const isMany = target.kind === 'matching' || target.jobIds.length > 1;
  return (
    <Dialog
      title={`${words.verb}: ${counted}?`}
      error={error}
      onClose={onClose}
      onSubmit={() => mutate({ reason: reasonOf(reason), perSecond: rate === '' ? undefined : Number(rate) })}
      actions={
        <Button
          type="submit"
          look={action === 'discard' || action === 'cancel' ? 'danger' : 'primary'}
          isBusy={isPending}
        >
          {words.verb} {counted}
        </Button>
      }
    >
      <p>
        {CONSEQUENCES[action]} {isMany && 'Jobs that are in another state by then are skipped.'}
      </p>
      {target.kind === 'matching' && (
        <p className="field-hint">
          All that match <code>{target.filter}</code> when the operation starts.
        </p>
      )}
      {isMany && <RateField value={rate} onChange={setRate} />}
      <ReasonField value={reason} onChange={setReason} />
    </Dialog>
  );
}

function RateField({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <p className="field">
      <label htmlFor={id}>Most jobs a second</label>
      <input
        id={id}
        type="number"
        min={1}
        max={100_000}
        step={1}
        inputMode="numeric"
        value={value}
        aria-describedby={`${id}-hint`}
        onChange={({ target }) => onChange(target.value)}
      />
      <span id={`${id}-hint`} className="field-hint">
        Empty: as fast as the broker takes them.
      </span>
    </p>
  );
}

/** Jobs that match and were not counted yet are counted. */
function useCounted(target: ActionTarget): ActionTarget {
  const isCounted = target.kind === 'selected' || target.count !== undefined;
  const { data } = useQuery({
    ...jobCountsQuery(target.kind === 'selected' ? '' : target.filter),
    enabled: !isCounted,
    // The count of another filter would be wrong.
    placeholderData: () => undefined,
  });
  return isCounted || data === undefined ? target : { ...target, count: data.count, isExact: data.isExact };
}

interface Wish {
  readonly reason: string | undefined;
  readonly perSecond: number | undefined;
}

function useAction({ action, target, onClose, onDone, showsOperation = false }: ActionDialogProps) {
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    async mutationFn({ reason, perSecond }: Wish): Promise<string | undefined> {
      const [only, ...others] = target.kind === 'selected' ? target.jobIds : [];
      if (only !== undefined && others.length === 0) {
        await actOnJob({ action, jobId: only, reason });
        return undefined;
      }
      const jobs = target.kind === 'selected' ? { jobIds: target.jobIds } : { filter: target.filter };
      const { id } = await startOperation({ action, perSecond, reason, ...jobs });
      return id;
    },
    async onSuccess(operationId) {
      const { done, doing } = ACTION_WORDS[action];
      announce(
        operationId === undefined ? `The job is ${done}.` : `${doing} ${countedWords(target)} has started.`,
      );
      onDone?.();
      onClose();
      if (operationId !== undefined && showsOperation)
        await navigate({ to: '/operations/$id', params: { id: operationId } });
      await Promise.all(
        [['jobs', 'count'], ['job'], ['operations'], ['failures'], ['overview']].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      );
    },
  });
}

function countedWords(target: ActionTarget): string {
  if (target.kind === 'selected') return formatCounted(target.jobIds.length, 'job');
  if (target.count === undefined) return 'all jobs that match';
  return `${target.isExact ? '' : 'more than '}${formatCounted(target.count, 'job')}`;
}
