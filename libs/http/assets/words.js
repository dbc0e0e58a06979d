/** 1536 → "1.5 kB", as people read sizes; the exact number matters to nobody here. */
export function formatSize(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  const digits = value >= 10 || power === 0 ? 0 : 1;
  return `${Number(value.toFixed(digits))}\u00a0${units[power]}`;
}

/** A name without its last ending: `film.final.mp4` → `film.final`. */
export function stemOf(fileName) {
  return fileName.replace(/(?<=.)\.[^.]*$/, '');
}
