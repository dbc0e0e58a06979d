import { MAX_CONTROL_REASON } from '@leveret/core';
import { useId } from 'react';

interface ReasonFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Where the reason is shown. */
  readonly hint?: string;
}

/** Asks why somebody acts. It may stay empty. */
export function ReasonField({
  value,
  onChange,
  hint = 'Optional. It stays in the audit log.',
}: ReasonFieldProps) {
  const id = useId();
  return (
    <p className="field">
      <label htmlFor={id}>Reason</label>
      <textarea
        id={id}
        value={value}
        maxLength={MAX_CONTROL_REASON}
        aria-describedby={`${id}-hint`}
        onChange={({ target }) => onChange(target.value)}
      />
      <span id={`${id}-hint`} className="field-hint">
        {hint}
      </span>
    </p>
  );
}

/** What is sent of a reason: nothing when it is empty. */
export function reasonOf(text: string): string | undefined {
  const words = text.trim();
  return words === '' ? undefined : words;
}
