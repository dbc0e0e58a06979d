import type { JobState } from '@leveret/core';

/** How something is: its shape says it, its colour repeats it. */
export type GlyphLook = JobState | 'up' | 'warning' | 'down';

/** The words for states in lists. */
export const STATE_WORDS: Readonly<Record<JobState, string>> = {
  scheduled: 'Scheduled',
  queued: 'Waiting',
  running: 'Running',
  retrying: 'Retrying',
  succeeded: 'Succeeded',
  cancelled: 'Cancelled',
  expired: 'Expired',
  dead: 'Dead',
  discarded: 'Discarded',
};

/** The sign of a state. Hidden from screen readers: words must stand next to it. */
export function Glyph({ look }: { readonly look: GlyphLook }) {
  return <span className="glyph" data-look={look} aria-hidden="true" />;
}

/** A state of a job as sign and word. */
export function StateLabel({ state }: { readonly state: JobState }) {
  return (
    <span className="state-label">
      <Glyph look={state} /> {STATE_WORDS[state]}
    </span>
  );
}
