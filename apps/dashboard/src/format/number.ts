const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const ONE_DIGIT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** A count with its thousands apart: `12,408`. */
export function formatCount(count: number): string {
  return GROUPED.format(count);
}

/** A count with its noun: `1 job`, `2 jobs`. */
export function formatCounted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)}\u00a0${count === 1 ? one : many}`;
}

/** How many a second: `0`, `under 0.1`, `0.2`, `3.1`, `188`. */
export function formatRate(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.1) return `under\u00a00.1`;
  return (perSecond < 10 ? ONE_DIGIT : GROUPED).format(perSecond);
}

/** A share of 1 as a percentage: `0 %`, `under 0.1 %`, `1.9 %`, `92 %`. Only a share of 1 is `100 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return `under\u00a00.1\u00a0%`;
  const shown = percent < 10 ? ONE_DIGIT.format(percent) : GROUPED.format(Math.floor(percent));
  return `${shown}\u00a0%`;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A size in decimal units with two or three digits: `640 B`, `4.2 kB`, `212 MB`. */
export function formatBytes(bytes: number): string {
  const step = Math.min(
    Math.floor(Math.log10(Math.max(bytes, 1)) / 3 + Number.EPSILON),
    BYTE_UNITS.length - 1,
  );
  const value = bytes / 1_000 ** step;
  return `${(step > 0 && value < 10 ? ONE_DIGIT : GROUPED).format(value)}\u00a0${BYTE_UNITS[step]}`;
}
