import type { AdminRole } from '@leveret/http-contract/verbs';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Named } from '../../api/accounts.ts';
import { Button } from '../../ui/controls/button.tsx';
import { Dialog } from '../../ui/controls/dialog.tsx';
import { RoleField } from './role-field.tsx';

interface NameDialogProps {
  readonly title: string;
  readonly verb: string;
  readonly hint: string;
  /** Which list is read again. */
  readonly queryKey: 'accounts' | 'keys';
  readonly send: (named: Named) => Promise<void>;
  readonly onClose: () => void;
}

/** Asks for the name and the role of a new account or key. */
export function NameDialog({ title, verb, hint, queryKey, send, onClose }: NameDialogProps) {
  const id = useId();
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [role, setRole] = useState<AdminRole>('viewer');
  const { mutate, isPending, error } = useMutation({
    mutationFn: send,
    async onSuccess() {
      onClose();
      await queryClient.invalidateQueries({ queryKey: [queryKey] });
    },
  });
  return (
    <Dialog
      title={title}
      error={error}
      onClose={onClose}
      onSubmit={() => mutate({ name, role })}
      actions={
        <Button type="submit" look="primary" isBusy={isPending}>
          {verb}
        </Button>
      }
    >
      <p className="field">
        <label htmlFor={`${id}-name`}>Name</label>
        <input
          id={`${id}-name`}
          value={name}
          required
          pattern="[a-z0-9][a-z0-9._@\-]{0,63}"
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby={`${id}-hint`}
          onChange={({ target }) => setName(target.value)}
        />
        <span id={`${id}-hint`} className="field-hint">
          Letters in lower case, digits, and . _ @ -. {hint}
        </span>
      </p>
      <RoleField value={role} onChange={setRole} />
    </Dialog>
  );
}
