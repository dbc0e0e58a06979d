const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A duration in its two largest units, such as `3 h 12 min`. */
export function toDurationWords(durationMs: number): string {
  const whole = Math.max(0, Math.round(durationMs / 1_000) * 1_000);
  const first = UNITS.findIndex(([, unitMs]) => whole >= unitMs);
  if (first < 0) return '0 s';
  const [name, unitMs] = UNITS[first] ?? UNITS[3];
  const [nextName, nextMs] = UNITS[first + 1] ?? ['', Number.POSITIVE_INFINITY];
  const rest = Math.floor((whole % unitMs) / nextMs);
  const words = `${Math.floor(whole / unitMs)} ${name}`;
  return rest === 0 ? words : `${words} ${rest} ${nextName}`;
}

/** A count with its noun, such as `1,200 jobs`. The plural has an `s` at the end. */
export function toCountWords(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** A size in GiB or MiB. */
export function toSizeWords(bytes: number): string {
  const gibibytes = bytes / 1_024 ** 3;
  return gibibytes >= 1 ? `${gibibytes.toFixed(1)} GiB` : `${(bytes / 1_024 ** 2).toFixed(0)} MiB`;
}
