/** Heartbeat, in seconds, where the URL names none: a lost peer is noticed within two of them. */
const HEARTBEAT_S = 10;
/** Who logs in when a URL names nobody. */
const GUEST = { user: 'guest', password: 'guest' };

/** Where a URL points to, without its credentials. */
export function placeOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** The URL with a heartbeat. */
export function withHeartbeat(url: string): string {
  const target = new URL(url);
  target.searchParams.set('heartbeat', String(heartbeatOf(url)));
  return target.href;
}

/** The heartbeat that a URL asks for, in seconds; 10 where it asks for none. */
export function heartbeatOf(url: string): number {
  return Number(new URL(url).searchParams.get('heartbeat') ?? HEARTBEAT_S);
}

/** Who logs in, percent-decoded. */
export function loginOf(url: string): { readonly user: string; readonly password: string } {
  const { username, password } = new URL(url);
  if (username === '' && password === '') return GUEST;
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/**
 * Makes sure that brokers can be connected to at `urls`. It tells which one is wrong, never what it holds.
 *
 * @throws {TypeError} when there is none, or one is no AMQP URL.
 */
export function checkUrls(urls: readonly string[]): void {
  if (urls.length === 0) throw new TypeError('a broker needs at least one URL');
  for (const [index, url] of urls.entries()) {
    const defect = defectOf(url);
    if (defect !== undefined) throw new TypeError(`broker URL ${index + 1} of ${urls.length} ${defect}`);
  }
}

function defectOf(url: string): string | undefined {
  if (!URL.canParse(url) || !['amqp:', 'amqps:'].includes(new URL(url).protocol))
    return 'is not an amqp:// or amqps:// URL: characters such as / @ # % in a password are percent-encoded';
  if (new URL(url).hostname === '') return 'names no host';
  try {
    loginOf(url);
    decodeURIComponent(new URL(url).pathname);
    return undefined;
  } catch {
    return 'holds a % that encodes nothing: % itself is written %25';
  }
}
