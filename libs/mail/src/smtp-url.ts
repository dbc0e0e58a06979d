/** A mail server and how it is talked to. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly secure: boolean;
  /** The login, when there is one. */
  readonly auth?: { readonly user: string; readonly pass: string };
}

/** Where servers take mail from programs (RFC 8314, section 3.3; RFC 6409, section 3.1). */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'smtps:': 465, 'smtp:': 587 };

/**
 * The server that `smtp://[user:password@]host[:port]` names; `smtps://` begins with TLS.
 *
 * @throws {RangeError} when it is no such URL; the message does not repeat it, because it may hold a password.
 */
export function parseSmtpUrl(url: string): SmtpServer {
  const { protocol, hostname, port, username, password, pathname, search } = toUrl(url);
  const defaultPort = DEFAULT_PORTS[protocol];
  if (defaultPort === undefined || hostname === '' || search !== '' || !['', '/'].includes(pathname))
    throw noSmtpUrl();
  return {
    // An IPv6 address stands in brackets in a URL, and nowhere else.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? defaultPort : Number(port),
    secure: protocol === 'smtps:',
    ...(username === '' ? {} : { auth: { user: decode(username), pass: decode(password) } }),
  };
}

function noSmtpUrl(): RangeError {
  return new RangeError(
    'the mail server is not given as smtp://user:password@host:port, or smtps:// with TLS from the start',
  );
}

/** The error of the platform repeats the URL, and so is not passed on as a cause. */
function toUrl(url: string): URL {
  if (!URL.canParse(url)) throw noSmtpUrl();
  return new URL(url);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw noSmtpUrl();
  }
}
