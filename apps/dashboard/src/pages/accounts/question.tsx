import {
  addAccount,
  createKey,
  endSession,
  removeAccount,
  resetPassword,
  revokeKey,
} from '../../api/accounts.ts';
import type { Asking } from './asking.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { NameDialog } from './name-dialog.tsx';
import { RoleDialog } from './role-dialog.tsx';
import type { Secret } from './secret-dialog.tsx';

interface QuestionProps {
  readonly asking: Asking;
  readonly onClose: () => void;
  readonly onSecret: (secret: Secret) => void;
}

/** The dialog of a question. */
export function Question({ asking, onClose, onSecret }: QuestionProps) {
  const showPassword = (name: string) => (receipt: { readonly password?: string | undefined }) => {
    if (receipt.password !== undefined) onSecret({ what: `Password of ${name}`, text: receipt.password });
  };
  switch (asking.kind) {
    case 'add-account':
      return (
        <NameDialog
          title="Add an account"
          verb="Add account"
          hint="Leveret generates a password and shows it once."
          queryKey="accounts"
          send={async (named) => showPassword(named.name)(await addAccount(named))}
          onClose={onClose}
        />
      );
    case 'create-key':
      return (
        <NameDialog
          title="Create an API key"
          verb="Create key"
          hint="Two keys of one name are valid at a time, so that one can replace the other."
          queryKey="keys"
          send={async (named) => {
            const { key, secret } = await createKey(named);
            onSecret({ what: `API key ${key.name}`, text: secret });
          }}
          onClose={onClose}
        />
      );
    case 'set-role':
      return <RoleDialog account={asking.account} onClose={onClose} />;
    case 'reset-password':
      return (
        <ConfirmDialog
          title={`Reset the password of ${asking.name}?`}
          words="Leveret generates a new password and shows it once. The account's sessions end."
          verb="Reset password"
          send={async () => showPassword(asking.name)(await resetPassword(asking.name))}
          onClose={onClose}
        />
      );
    case 'remove-account':
      return (
        <ConfirmDialog
          title={`Remove account ${asking.name}?`}
          words="Its sessions end. What it did stays in the audit log."
          verb="Remove account"
          isDanger
          send={() => removeAccount(asking.name)}
          onClose={onClose}
        />
      );
    case 'revoke-key':
      return (
        <ConfirmDialog
          title={`Revoke API key ${asking.key.name}?`}
          words="Programs that use it are refused within seconds."
          verb="Revoke key"
          isDanger
          send={() => revokeKey(asking.key.id)}
          onClose={onClose}
        />
      );
    case 'end-session':
      return (
        <ConfirmDialog
          title={`End the session of ${asking.session.account}?`}
          words={
            asking.session.isThis
              ? 'This is your own session: you are signed out.'
              : 'The account has to sign in again.'
          }
          verb="End session"
          isDanger
          send={() => endSession(asking.session.id)}
          onClose={onClose}
        />
      );
  }
}
