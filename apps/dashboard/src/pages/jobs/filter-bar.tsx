import { MAX_FILTER_LENGTH } from '@leveret/http-contract/filter';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useId, useRef, useState } from 'react';
import { type Completion, completionsQuery } from '../../api/jobs.ts';
import { Button } from '../../ui/controls/button.tsx';
import { CompletionList } from './completion-list.tsx';
import { type FilterFault, faultOf, termsOf } from './filter-text.ts';

interface FilterBarProps {
  /** The filter that is used. It may be wrong: it comes from the address. */
  readonly filter: string;
  readonly onChange: (filter: string) => void;
  readonly now: () => number;
}

/** Where jobs are looked for: terms as tokens, and a field for the next one that is completed from what the ledger holds. Give it a new `key` with a filter that is wrong. */
export function FilterBar({ filter, onChange, now }: FilterBarProps) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  // A filter that cannot be used stays in the field, where it can be corrected.
  const given = faultOf(filter, now());
  const terms = given === undefined ? (termsOf(filter) ?? []) : [];
  const [text, setText] = useState(given === undefined ? '' : filter);
  const [fault, setFault] = useState<FilterFault | undefined>(given);
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const { data: completions = [] } = useQuery({ ...completionsQuery(text.trimStart()), enabled: isOpen });
  const shown = isOpen ? completions : [];

  const type = (next: string) => {
    setText(next);
    setFault(undefined);
    setOpen(true);
    setActive(-1);
  };
  const use = (next: readonly string[]) => {
    const whole = next.join(' ').trim();
    const wrong = faultOf(whole, now());
    setFault(wrong);
    if (wrong !== undefined) return;
    setOpen(false);
    setText('');
    onChange(whole);
  };
  const pick = ({ term, isWhole }: Completion) => {
    if (isWhole) use([...terms, term]);
    else type(term);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const { key } = event;
    const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setOpen(true);
      setActive((before) => stepped(before, step, completions.length));
    } else if (key === 'Enter') {
      event.preventDefault();
      const picked = shown[active];
      if (picked !== undefined) pick(picked);
      else use([...terms, text]);
    } else if (key === 'Escape') setOpen(false);
    else if (key === 'Backspace' && text === '' && terms.length > 0) {
      event.preventDefault();
      type(terms.at(-1) ?? '');
      onChange(terms.slice(0, -1).join(' '));
    }
  };

  return (
    <search className="filter-bar">
      <div className="filter-field">
        {terms.map((term, index) => (
          <Token
            key={term}
            term={term}
            onRemove={() => {
              use(terms.filter((_, other) => other !== index));
              field.current?.focus();
            }}
          />
        ))}
        <input
          ref={field}
          type="text"
          role="combobox"
          aria-label="Filter"
          aria-autocomplete="list"
          aria-expanded={shown.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={active in shown ? `${id}-${active}` : undefined}
          aria-invalid={fault !== undefined}
          aria-describedby={fault === undefined ? undefined : `${id}-fault`}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={MAX_FILTER_LENGTH}
          placeholder={
            terms.length === 0 ? 'Filter: state, queue, kind, error, tag, age, id …' : 'Add a term'
          }
          value={text}
          onChange={({ target }) => type(target.value)}
          onFocus={() => setOpen(text !== '')}
          onClick={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        {(terms.length > 0 || text !== '') && (
          <Button look="quiet" onClick={() => use([])}>
            Clear
          </Button>
        )}
      </div>
      <CompletionList id={id} completions={shown} active={active} onPick={pick} />
      {fault !== undefined && <FaultWords id={`${id}-fault`} fault={fault} />}
    </search>
  );
}

/** The next completion that is active: -1 is the field itself. */
function stepped(active: number, step: number, count: number): number {
  const places = count + 1;
  return ((active + 1 + step + places) % places) - 1;
}

function FaultWords({ id, fault }: { readonly id: string; readonly fault: FilterFault }) {
  return (
    <p id={id} className="refusal" role="alert">
      {fault.position !== undefined && <strong>At character {fault.position + 1}: </strong>}
      {fault.message}.
    </p>
  );
}

function Token({ term, onRemove }: { readonly term: string; readonly onRemove: () => void }) {
  const [, name, value = term] = /^([^:"]+):(.*)$/s.exec(term) ?? [];
  return (
    <span className="token">
      {name !== undefined && <span className="token-name">{name}:</span>}
      <span className="token-value">{value}</span>
      <button type="button" aria-label={`Remove ${term}`} onClick={onRemove}>
        ×
      </button>
    </span>
  );
}
