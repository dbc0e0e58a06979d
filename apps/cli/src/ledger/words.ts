const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

const relativeTime = new Intl.RelativeTimeFormat('en');

/** How far `moment` is from `now`, in whole units of the largest that fits: `5 minutes ago`, `in 2 hours`, `now`. */
export function toDistance(moment: number, now: number): string {
  const distanceMs = moment - now;
  const [unit, unitMs] = UNITS.find(([, ms]) => Math.abs(distanceMs) >= ms) ?? [];
  return unit === undefined ? 'now' : relativeTime.format(Math.trunc(distanceMs / unitMs), unit);
}

/** A duration for people, with two or three digits: `12 ms`, `3.4 s`, `5 min`, `2.5 h`. */
export function toDurationText(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${rounded(durationMs / 1_000)} s`;
  return durationMs < 3_600_000
    ? `${rounded(durationMs / 60_000)} min`
    : `${rounded(durationMs / 3_600_000)} h`;
}

function rounded(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}

/** The moment, and how far it is from `now`. */
export function toMomentText(moment: number, now: number): string {
  return `${new Date(moment).toISOString()} (${toDistance(moment, now)})`;
}

/** `text` as one line, without characters that control a terminal. */
export function toLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

/** `text` without characters that control a terminal, but with its line breaks. */
export function toLines(text: string): readonly string[] {
  return text.split('\n').map(toLine);
}

/** Most characters that are shown of a long text. */
const MAX_SHOWN = 2_000;

/** The beginning of a long text, and how much is left out. */
export function shortened(text: string): string {
  if (text.length <= MAX_SHOWN) return text;
  const left = (text.length - MAX_SHOWN).toLocaleString('en');
  return `${text.slice(0, MAX_SHOWN)}…\n(${left} more characters; --json prints all)`;
}

/** `text` as one word of a POSIX shell. */
export function toShellWord(text: string): string {
  return /^[\w.,:/=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
