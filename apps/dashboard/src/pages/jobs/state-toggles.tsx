import { JOB_STATES, type JobState } from '@leveret/core';
import type { JobCountsView } from '@leveret/http-contract/admin';
import { formatCount } from '../../format/number.ts';
import { Glyph, STATE_WORDS } from '../../ui/text/glyph.tsx';

const STATES = Object.keys(JOB_STATES) as readonly JobState[];

interface StateTogglesProps {
  /** Jobs by state, where they are known. */
  readonly byState: JobCountsView['byState'];
  /** Undefined: all. */
  readonly states: readonly JobState[] | undefined;
  readonly onToggle: (state: JobState) => void;
  readonly onAll: () => void;
}

/** Chooses states. Each says how many jobs it has, where that is known. */
export function StateToggles({ byState, states, onToggle, onAll }: StateTogglesProps) {
  const sum = byState && Object.values(byState).reduce((total, count) => total + count, 0);
  return (
    <fieldset className="states">
      <legend className="unseen">State</legend>
      <button type="button" aria-pressed={states === undefined} onClick={onAll}>
        All <CountOf count={sum} />
      </button>
      {STATES.filter((state) => isShown(state, byState, states)).map((state) => (
        <button
          key={state}
          type="button"
          aria-pressed={states?.includes(state) === true}
          onClick={() => onToggle(state)}
        >
          <Glyph look={state} /> {STATE_WORDS[state]} <CountOf count={byState && (byState[state] ?? 0)} />
        </button>
      ))}
    </fieldset>
  );
}

/** States that few systems use are left out while they have no jobs. */
function isShown(
  state: JobState,
  byState: StateTogglesProps['byState'],
  states: StateTogglesProps['states'],
): boolean {
  const isRare =
    state === 'expired' || state === 'discarded' || state === 'scheduled' || state === 'cancelled';
  return !isRare || byState === undefined || byState[state] !== undefined || states?.includes(state) === true;
}

function CountOf({ count }: { readonly count: number | undefined }) {
  if (count === undefined) return null;
  return <b className={count === 0 ? 'zero' : undefined}>{formatCount(count)}</b>;
}
