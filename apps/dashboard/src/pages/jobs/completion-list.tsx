import type { Completion } from '../../api/jobs.ts';
import { formatCount } from '../../format/number.ts';

interface CompletionListProps {
  /** Beginning of the ids of list and options. */
  readonly id: string;
  readonly completions: readonly Completion[];
  /** Index of the option that Enter picks; -1 for none. */
  readonly active: number;
  readonly onPick: (completion: Completion) => void;
}

/** How the term that is typed may go on. The field keeps the focus. */
export function CompletionList({ id, completions, active, onPick }: CompletionListProps) {
  return (
    <div
      id={`${id}-list`}
      role="listbox"
      aria-label="Completions"
      className="completions"
      hidden={completions.length === 0}
    >
      {completions.map((completion, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: the field has the focus and handles keys
        <div
          key={completion.term}
          id={`${id}-${index}`}
          ref={index === active ? scrollTo : undefined}
          role="option"
          aria-selected={index === active}
          className="completion"
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onPick(completion)}
        >
          <code>{completion.term}</code>
          <span className="soft">{completion.meaning}</span>
          {completion.count !== undefined && <span className="n">{formatCount(completion.count)}</span>}
        </div>
      ))}
    </div>
  );
}

function scrollTo(option: HTMLElement | null): void {
  option?.scrollIntoView({ block: 'nearest' });
}
