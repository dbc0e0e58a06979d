import type { ComponentProps } from 'react';

interface ButtonProps extends Omit<ComponentProps<'button'>, 'className'> {
  /** `primary`: at most one in a group, and never one that destroys. `quiet`: without an edge. `danger`: destroys. */
  readonly look?: 'plain' | 'primary' | 'quiet' | 'danger' | 'pill';
  /** Its action is running: it cannot be pressed again, and keeps the focus. */
  readonly isBusy?: boolean;
}

/** A button. Words that end in `…` say that it asks back. */
export function Button({ look = 'plain', isBusy = false, type = 'button', onClick, ...props }: ButtonProps) {
  return (
    <button
      {...props}
      type={type}
      className="button"
      data-look={look}
      aria-disabled={isBusy || undefined}
      onClick={isBusy ? (event) => event.preventDefault() : onClick}
    />
  );
}
