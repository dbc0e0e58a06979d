import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Account, setRole } from '../../api/accounts.ts';
import { Button } from '../../ui/controls/button.tsx';
import { Dialog } from '../../ui/controls/dialog.tsx';
import { RoleField } from './role-field.tsx';

interface RoleDialogProps {
  readonly account: Pick<Account, 'name' | 'role'>;
  readonly onClose: () => void;
}

/** Gives an account another role. */
export function RoleDialog({ account: { name, role: before }, onClose }: RoleDialogProps) {
  const queryClient = useQueryClient();
  const [role, choose] = useState(before);
  const { mutate, isPending, error } = useMutation({
    mutationFn: setRole,
    async onSuccess() {
      onClose();
      // It may be their own.
      await Promise.all(
        ['accounts', 'session'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })),
      );
    },
  });
  return (
    <Dialog
      title={`Change the role of ${name}`}
      error={error}
      onClose={onClose}
      onSubmit={() => mutate({ name, role })}
      actions={
        <Button type="submit" look="primary" isBusy={isPending}>
          Change role
        </Button>
      }
    >
      <RoleField value={role} onChange={choose} />
    </Dialog>
  );
}
