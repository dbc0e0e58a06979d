import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { controlQueue, type Queue } from '../../api/queues.ts';
import { formatCounted } from '../../format/number.ts';
import { useWhyNot } from '../../shell/use-session.ts';
import { useAnnounce } from '../../ui/controls/announcer.tsx';
import { Button } from '../../ui/controls/button.tsx';
import { Dialog } from '../../ui/controls/dialog.tsx';
import { ReasonField, reasonOf } from '../reason-field.tsx';
import { receiptWords } from '../receipt-words.ts';
import { pauseWords } from './pause-words.ts';

/** The button that pauses a queue, or lets it go on. It asks back for a reason. */
export function QueueControl({ queue }: { readonly queue: Queue }) {
  const [isOpen, setOpen] = useState(false);
  const whyNot = useWhyNot('queues:control');
  const isPaused = queue.pause !== undefined;
  return (
    <>
      <Button whyNot={whyNot} onClick={() => setOpen(true)}>
        {isPaused ? 'Resume…' : 'Pause…'}
      </Button>
      {isOpen && <QueueControlDialog queue={queue} onClose={() => setOpen(false)} />}
    </>
  );
}

interface QueueControlDialogProps {
  readonly queue: Queue;
  readonly onClose: () => void;
}

/** Asks for a reason to pause a queue, or to let it go on. */
export function QueueControlDialog({ queue, onClose }: QueueControlDialogProps) {
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [reason, setReason] = useState('');
  // The dialog stays what it was when it opened, whatever becomes of the queue meanwhile.
  const [action] = useState(queue.pause === undefined ? ('pause' as const) : ('resume' as const));
  const { mutate, isPending, error } = useMutation({
    mutationFn: controlQueue,
    async onSuccess(receipt) {
      announce(receiptWords(queue.queue, action, receipt));
      onClose();
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: ['queues'] }),
        queryClient.invalidateQueries({ queryKey: ['overview'] }),
      ]);
    },
  });
  const isPause = action === 'pause';
  const submit = () => mutate({ queue: queue.queue, action, reason: reasonOf(reason) });

  return (
    <Dialog
      title={`${isPause ? 'Pause' : 'Resume'} queue ${queue.queue}?`}
      error={error}
      onClose={onClose}
      onSubmit={submit}
      actions={
        <Button type="submit" look="primary" isBusy={isPending}>
          {isPause ? 'Pause queue' : 'Resume queue'}
        </Button>
      }
    >
      <p>{isPause ? pauseWords(queue) : resumeWords(queue)}</p>
      <ReasonField
        value={reason}
        onChange={setReason}
        hint="Optional. It is shown next to the queue and stays in the audit log."
      />
    </Dialog>
  );
}

function resumeWords({ counts, workers }: Queue): string {
  return `${formatCounted(workers, 'worker')} will start on ${formatCounted(counts.queued ?? 0, 'waiting job')}.`;
}
