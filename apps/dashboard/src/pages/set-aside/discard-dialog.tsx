import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { discardSetAside, type SetAsideKind } from '../../api/set-aside.ts';
import { formatCounted } from '../../format/number.ts';
import { ReasonField, reasonOf } from '../../parts/reason-field.tsx';
import { useAnnounce } from '../../ui/controls/announcer.tsx';
import { Button } from '../../ui/controls/button.tsx';
import { Dialog } from '../../ui/controls/dialog.tsx';

interface DiscardDialogProps {
  readonly kind: SetAsideKind;
  readonly seqs: readonly number[];
  readonly onClose: () => void;
  readonly onDiscarded: () => void;
}

/** Asks back before entries are deleted for good. */
export function DiscardDialog({ kind, seqs, onClose, onDiscarded }: DiscardDialogProps) {
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [reason, setReason] = useState('');
  const counted = formatCounted(seqs.length, kind === 'messages' ? 'message' : 'event');
  const { mutate, isPending, error } = useMutation({
    mutationFn: discardSetAside,
    async onSuccess() {
      announce(`${counted} discarded.`);
      onDiscarded();
      onClose();
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: ['set-aside'] }),
        queryClient.invalidateQueries({ queryKey: ['overview'] }),
      ]);
    },
  });
  return (
    <Dialog
      title={`Discard ${counted}?`}
      error={error}
      onClose={onClose}
      onSubmit={() => mutate({ kind, seqs, reason: reasonOf(reason) })}
      actions={
        <Button type="submit" look="danger" isBusy={isPending}>
          Discard for good
        </Button>
      }
    >
      <p>This cannot be undone: the ledger deletes them.</p>
      <ReasonField value={reason} onChange={setReason} />
    </Dialog>
  );
}
