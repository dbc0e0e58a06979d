import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { changePassword } from '../api/session.ts';
import { useAnnounce } from '../ui/controls/announcer.tsx';
import { Button } from '../ui/controls/button.tsx';
import { Dialog } from '../ui/controls/dialog.tsx';

/** The shortest password that the server takes, in characters. */
const MIN_PASSWORD = 12;

interface PasswordDialogProps {
  /** Of the account that is signed in. */
  readonly name: string;
  readonly onClose: () => void;
}

/** Changes one's own password. */
export function PasswordDialog({ name, onClose }: PasswordDialogProps) {
  const announce = useAnnounce();
  const [password, setPassword] = useState('');
  const [newPassword, setNewPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const { mutate, isPending, error } = useMutation({
    mutationFn: changePassword,
    onSuccess() {
      onClose();
      announce('Your password is changed. Your other sessions have ended.');
    },
  });
  return (
    <Dialog
      title="Change your password"
      error={error}
      onClose={onClose}
      onSubmit={() => mutate({ password, newPassword })}
      actions={
        <Button
          type="submit"
          look="primary"
          isBusy={isPending}
          whyNot={whyNot({ password, newPassword, repeated })}
        >
          Change password
        </Button>
      }
    >
      {/* For password managers: whose password it is. */}
      <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
      <PasswordField
        label="Password now"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
      />
      <PasswordField
        label="New password"
        hint={`At least ${MIN_PASSWORD} characters.`}
        value={newPassword}
        onChange={setNewPassword}
      />
      <PasswordField label="New password again" value={repeated} onChange={setRepeated} />
      <p className="soft">Your other sessions end.</p>
    </Dialog>
  );
}

interface PasswordFieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly autoComplete?: 'current-password' | 'new-password';
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function PasswordField({ label, hint, autoComplete = 'new-password', value, onChange }: PasswordFieldProps) {
  const id = useId();
  return (
    <p className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="password"
        autoComplete={autoComplete}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
      {hint !== undefined && (
        <span id={`${id}-hint`} className="field-hint">
          {hint}
        </span>
      )}
    </p>
  );
}

function whyNot(fields: {
  readonly password: string;
  readonly newPassword: string;
  readonly repeated: string;
}) {
  if (fields.password === '') return 'Enter the password that you have now.';
  if (fields.newPassword.length < MIN_PASSWORD)
    return `The new password needs at least ${MIN_PASSWORD} characters.`;
  return fields.newPassword === fields.repeated ? undefined : 'The two new passwords differ.';
}
