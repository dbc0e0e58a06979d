/** An id of a job, short: its first and last digits. Jobs of the same minute begin alike. */
export function shortId(id: string): string {
  return id.length <= 13 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`;
}
