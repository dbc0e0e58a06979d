const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Joins a number and its unit so that no line breaks between them. */
function unit(value: number | string, name: string): string {
  return `${value}\u00a0${name}`;
}

/** A duration that was measured, such as a run: `31 ms`, `1.2 s`, `45 s`, then as {@link formatAge}. */
export function formatDuration(ms: number): string {
  if (ms < SECOND_MS) return unit(Math.round(ms), 'ms');
  if (ms < 10 * SECOND_MS) return unit((Math.floor(ms / 100) / 10).toFixed(1), 's');
  return formatAge(ms);
}

/** How long something has lasted, in at most two units: `under 1 s`, `8 s`, `4 min 12 s`, `24 min`, `3 h 5 min`, `2 d`. Negative counts as 0. */
export function formatAge(ms: number): string {
  if (ms < SECOND_MS) return `under ${unit(1, 's')}`;
  if (ms < MINUTE_MS) return unit(Math.floor(ms / SECOND_MS), 's');
  if (ms < 10 * MINUTE_MS) return both(ms, [MINUTE_MS, 'min'], [SECOND_MS, 's']);
  if (ms < HOUR_MS) return unit(Math.floor(ms / MINUTE_MS), 'min');
  if (ms < 10 * HOUR_MS) return both(ms, [HOUR_MS, 'h'], [MINUTE_MS, 'min']);
  if (ms < 2 * DAY_MS) return unit(Math.floor(ms / HOUR_MS), 'h');
  return unit(Math.floor(ms / DAY_MS), 'd');
}

function both(ms: number, [large, largeName]: [number, string], [small, smallName]: [number, string]) {
  const rest = Math.floor((ms % large) / small);
  const whole = unit(Math.floor(ms / large), largeName);
  return rest === 0 ? whole : `${whole}\u00a0${unit(rest, smallName)}`;
}

/** How far a moment is from `now`: `in 4 min`, `8 s ago`, `just now`. */
export function formatDistance(at: Date, now: Date): string {
  const ms = at.getTime() - now.getTime();
  if (Math.abs(ms) < SECOND_MS) return 'just now';
  return ms > 0 ? `in ${formatAge(ms)}` : `${formatAge(-ms)} ago`;
}
