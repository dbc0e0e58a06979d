import { formatClock } from '../format/moment.ts';
import type { LiveState } from '../live/live-stream.ts';

/** Whether what is shown follows what happens. */
export function LiveIndicator({ state }: { readonly state: LiveState }) {
  return (
    <span className="live" data-state={state.kind}>
      <i aria-hidden="true" />
      {wordsOf(state)}
    </span>
  );
}

function wordsOf(state: LiveState): string {
  switch (state.kind) {
    case 'live':
      return 'Live';
    case 'connecting':
      return 'Connecting';
    case 'paused':
      return 'Paused';
    case 'stale':
      return `Since ${formatClock(state.since)}`;
  }
}
