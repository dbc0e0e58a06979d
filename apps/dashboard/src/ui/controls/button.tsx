import type { ComponentProps } from 'react';

interface ButtonProps extends Omit<ComponentProps<'button'>, 'className'> {
  /** `primary`: at most one in a group, and never one that destroys. `quiet`: without an edge. `danger`: destroys. */
  readonly look?: 'plain' | 'primary' | 'quiet' | 'danger' | 'pill';
  /** Its action is running: it cannot be pressed again, and keeps the focus. */
  readonly isBusy?: boolean;
  /** Why it cannot be pressed now: shown on hover, and read as its description. */
  readonly whyNot?: string | undefined;
}

/** A button. Words that end in `…` say that it asks back. */
export function Button(given: ButtonProps) {
  const { look = 'plain', isBusy = false, whyNot, type = 'button', onClick, ...props } = given;
  const isOff = isBusy || whyNot !== undefined;
  return (
    <button
      {...props}
      type={type}
      className="button"
      data-look={look}
      title={whyNot ?? props.title}
      aria-disabled={isOff || undefined}
      onClick={isOff ? (event) => event.preventDefault() : onClick}
    />
  );
}
