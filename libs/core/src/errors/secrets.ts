/** Names of fields of a log line that are never written. */
export const SECRET_FIELDS: readonly string[] = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'apiKey',
  'apiKeys',
  'payload',
];

/** A URL from its `://` on, as far as its text can reach: also within a line of JSON, whose strings end at a quote. */
const URL_REST = /:\/\/[^\s"\\]+/g;

/**
 * `text` with the user, password or token of every URL in it replaced by `[redacted]`. Takes time in proportion to its length.
 *
 * It masks too much rather than too little: a password may hold an unescaped `/`, `?`, `#` or `@`.
 */
export function maskSecrets(text: string): string {
  if (!text.includes('://')) return text;
  return text.replace(URL_REST, (rest) => rest.split('://').map(maskUserInfo).join('://'));
}

/** `rest` is what follows `://`: `user:password@host:port/path`. */
function maskUserInfo(rest: string): string {
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const at = authority.includes('@') ? authority.lastIndexOf('@') : endOfOddPassword(authority, rest);
  return at < 0 ? rest : `[redacted]${rest.slice(at)}`;
}

/** Where the user information ends whose password holds a character that ends a host; -1 when there is only host and port. */
function endOfOddPassword(authority: string, rest: string): number {
  const isHost = /^(?:\[[^\]]*\]|[^:]*)(?::\d*)?$/.test(authority);
  return isHost ? -1 : rest.lastIndexOf('@');
}
