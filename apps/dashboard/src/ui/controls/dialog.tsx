import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { Button } from './button.tsx';

interface DialogProps {
  readonly title: string;
  /** Why the last try was refused; null or undefined when none was. */
  readonly error?: Error | null;
  /** Called by Escape and by the button Cancel. */
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** The buttons that act. Cancel stands before them. */
  readonly actions: ReactNode;
  /** Called when the form is sent, by a button of type `submit` or Enter. */
  readonly onSubmit: () => void;
}

/** A dialog that asks back before something is done. It is open while it is rendered; the focus returns where it was. */
export function Dialog({ title, error, onClose, onSubmit, children, actions }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  // Closed before it is removed: only then does the browser give the focus back.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);

  return (
    <dialog ref={ref} className="dialog" aria-labelledby={titleId} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <h2 id={titleId}>{title}</h2>
        {children}
        {error && (
          <p className="refusal" role="alert">
            {error.message}
          </p>
        )}
        <div className="dialog-actions">
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
          {actions}
        </div>
      </form>
    </dialog>
  );
}
