import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button } from '../../ui/controls/button.tsx';
import { Dialog } from '../../ui/controls/dialog.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  readonly words: string;
  readonly verb: string;
  readonly isDanger?: boolean;
  readonly send: () => Promise<void>;
  readonly onClose: () => void;
}

/** Asks back before an account, a key or a session is changed. */
export function ConfirmDialog({ title, words, verb, isDanger = false, send, onClose }: ConfirmDialogProps) {
  const queryClient = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: send,
    async onSuccess() {
      onClose();
      // Also who is signed in: it may be their own session that has ended.
      await Promise.all(
        ['accounts', 'keys', 'sessions', 'session'].map((key) =>
          queryClient.invalidateQueries({ queryKey: [key] }),
        ),
      );
    },
  });
  return (
    <Dialog
      title={title}
      error={error}
      onClose={onClose}
      onSubmit={() => mutate()}
      actions={
        <Button type="submit" look={isDanger ? 'danger' : 'primary'} isBusy={isPending}>
          {verb}
        </Button>
      }
    >
      <p>{words}</p>
    </Dialog>
  );
}
