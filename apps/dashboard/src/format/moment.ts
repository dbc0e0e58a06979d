const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

const pad = (value: number) => String(value).padStart(2, '0');
const clockOf = (at: Date) => `${pad(at.getHours())}:${pad(at.getMinutes())}`;
const WEEKDAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const FULL = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'medium',
});

/** A moment as lists show it, in the time zone of the reader: `03:05` today, `Tue 11:20` this week, else `12 Mar 11:20`, with the year of another year. */
export function formatMoment(at: Date, now: Date): string {
  if (at.toDateString() === now.toDateString()) return clockOf(at);
  if (Math.abs(at.getTime() - now.getTime()) < WEEK_MS - DAY_MS)
    return `${WEEKDAY.format(at)}\u00a0${clockOf(at)}`;
  const year = at.getFullYear() === now.getFullYear() ? '' : ` ${at.getFullYear()}`;
  return `${DAY.format(at)}${year} ${clockOf(at)}`.replaceAll(' ', '\u00a0');
}

/** A moment with its seconds: `03:11:20`. */
export function formatClock(at: Date): string {
  return `${clockOf(at)}:${pad(at.getSeconds())}`;
}

/** A moment as fields for day and time have it, in the time zone of the reader: `2026-03-12T11:20`. */
export function formatLocalInput(at: Date): string {
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}T${clockOf(at)}`;
}

/** A moment in full, for details and hovers. */
export function formatExact(at: Date): string {
  return FULL.format(at);
}

/** The time zone that moments are shown in. */
export function timeZoneName(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
