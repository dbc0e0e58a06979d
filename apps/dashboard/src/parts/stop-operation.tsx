import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { isOpen } from '../api/operation-state.ts';
import { type Operation, stopOperation } from '../api/operations.ts';
import { formatCounted } from '../format/number.ts';
import { useWhyNot } from '../shell/use-session.ts';
import { useAnnounce } from '../ui/controls/announcer.tsx';
import { Button } from '../ui/controls/button.tsx';
import { Dialog } from '../ui/controls/dialog.tsx';
import { operationTitle } from './operation-words.ts';
import { ReasonField, reasonOf } from './reason-field.tsx';

/** The button that stops an operation. It asks back. Nothing when the operation has ended. */
export function StopOperation({ operation }: { readonly operation: Operation }) {
  const [isAsking, setAsking] = useState(false);
  const whyNot = useWhyNot('operations:control');
  if (!isOpen(operation) && !isAsking) return null;
  return (
    <>
      <Button whyNot={whyNot} onClick={() => setAsking(true)}>
        Stop…
      </Button>
      {isAsking && <StopDialog operation={operation} onClose={() => setAsking(false)} />}
    </>
  );
}

function StopDialog({ operation, onClose }: { readonly operation: Operation; readonly onClose: () => void }) {
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [reason, setReason] = useState('');
  const { mutate, isPending, error } = useMutation({
    mutationFn: stopOperation,
    async onSuccess() {
      announce(`${operationTitle(operation)}: stopped.`);
      onClose();
      await queryClient.invalidateQueries({ queryKey: ['operations'] });
    },
  });
  const left = operation.total - operation.done - operation.skipped - operation.failed;
  return (
    <Dialog
      title={`Stop “${operationTitle(operation)}”?`}
      error={error}
      onClose={onClose}
      onSubmit={() => mutate({ id: operation.id, reason: reasonOf(reason) })}
      actions={
        <Button type="submit" look="primary" isBusy={isPending}>
          Stop operation
        </Button>
      }
    >
      <p>What is done stays done. {formatCounted(left, 'job')} will stay as they are.</p>
      <ReasonField value={reason} onChange={setReason} />
    </Dialog>
  );
}
