import { useId } from 'react';
import { Button } from '../../ui/controls/button.tsx';
import { Dialog } from '../../ui/controls/dialog.tsx';

/** Something that is shown once. */
export interface Secret {
  readonly what: string;
  readonly text: string;
}

interface SecretDialogProps {
  readonly secret: Secret;
  readonly onClose: () => void;
}

/** Shows a password or a key for the only time. */
export function SecretDialog({ secret: { what, text }, onClose }: SecretDialogProps) {
  const id = useId();
  return (
    <Dialog
      title={what}
      onClose={onClose}
      onSubmit={onClose}
      actions={
        <Button type="submit" look="primary">
          I have kept it
        </Button>
      }
    >
      <p className="field">
        <label htmlFor={id}>It is shown only now: Leveret keeps a hash of it.</label>
        <input id={id} value={text} readOnly spellCheck={false} onFocus={({ target }) => target.select()} />
      </p>
    </Dialog>
  );
}
