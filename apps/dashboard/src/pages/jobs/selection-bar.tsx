import type { ControlAction, JobState } from '@leveret/core';
import { formatCount, formatCounted } from '../../format/number.ts';
import { whyNotPossible } from '../../parts/action-rules.ts';
import { ACTION_WORDS } from '../../parts/action-words.ts';
import { useSession } from '../../shell/use-session.ts';
import { Button } from '../../ui/controls/button.tsx';

const ACTIONS = ['run-now', 'cancel', 'retry', 'discard'] as const satisfies readonly ControlAction[];

interface SelectionBarProps {
  /** How many rows are there. */
  readonly shownCount: number;
  readonly selectedCount: number;
  readonly isAll: boolean;
  /** How many match; undefined while that is not known. */
  readonly matching: { readonly count: number; readonly isExact: boolean } | undefined;
  /** The states of what is selected. */
  readonly states: readonly JobState[];
  readonly onSelectShown: (isSelected: boolean) => void;
  readonly onSelectAll: () => void;
  readonly onAct: (action: ControlAction) => void;
}

/** What is selected, and what can be done with it. What is not possible says why. */
export function SelectionBar(props: SelectionBarProps) {
  const { shownCount, selectedCount, isAll, matching, states, onSelectShown, onSelectAll, onAct } = props;
  const session = useSession();
  const isAny = isAll || selectedCount > 0;
  return (
    <>
      <label className="select-shown">
        <input
          type="checkbox"
          checked={isAny}
          ref={(box) => {
            if (box !== null) box.indeterminate = isAny && !isAll && selectedCount < shownCount;
          }}
          onChange={({ target }) => onSelectShown(target.checked)}
        />
        {isAny ? selectedWords(props) : `${formatCount(shownCount)} shown`}
      </label>
      {selectedCount > 0 && !isAll && matching !== undefined && matching.count > selectedCount && (
        <Button look="quiet" onClick={onSelectAll}>
          Select all {matchingWords(matching)} that match
        </Button>
      )}
      <div className="actions">
        {ACTIONS.map((action) => (
          <Button
            key={action}
            look={action === 'discard' ? 'danger' : 'plain'}
            whyNot={isAny ? whyNotPossible(action, states, session) : 'Select jobs first.'}
            onClick={() => onAct(action)}
          >
            {ACTION_WORDS[action].verb}…
          </Button>
        ))}
      </div>
    </>
  );
}

function selectedWords({ isAll, matching, selectedCount }: SelectionBarProps): string {
  if (isAll) return matching === undefined ? 'All that match' : `All ${matchingWords(matching)} that match`;
  return `${formatCounted(selectedCount, 'job')} selected`;
}

function matchingWords({ count, isExact }: { readonly count: number; readonly isExact: boolean }): string {
  return isExact ? formatCount(count) : `of more than ${formatCount(count)}`;
}
