import type { Clock, Mail, Mailer, RecipientOutcome, SendOptions } from '@leveret/core';
import { createTransport } from 'nodemailer';
import { toMailMessage } from './mail-message.ts';
import { recipientsOf } from './recipients.ts';
import { mergeOutcomes, redact, refusalOutcomes, toDeferredError, toSmtpError } from './smtp-failure.ts';
import { parseSmtpUrl, type SmtpServer } from './smtp-url.ts';

/** How long a server may say nothing, in milliseconds. */
export interface SmtpTimeouts {
  /** Until the connection stands. */
  readonly connectMs: number;
  /** Until it greets. */
  readonly greetingMs: number;
  /** Between any two replies after that. */
  readonly replyMs: number;
}

/** Which server is used, and how. */
export interface SmtpMailerOptions {
  /** `smtp://[user:password@]host[:port]`, or `smtps://` for TLS from the first byte. */
  readonly url: string;
  /** Dates the mails. */
  readonly clock: Clock;
  /** 10 s to connect, 10 s to greet, 30 s to reply when left out. */
  readonly timeouts?: SmtpTimeouts;
  /** Certificates of authorities in PEM, trusted in place of the system's. */
  readonly trustedCertificates?: string;
}

const DEFAULT_TIMEOUTS: SmtpTimeouts = { connectMs: 10_000, greetingMs: 10_000, replyMs: 30_000 };
/** Connections to one server at a time. */
const MAX_CONNECTIONS = 5;
/** Longest reply of a server that is read, in bytes. */
const MAX_REPLY_BYTES = 65_536;
/** How often a mail changes over to a new connection when its own closed before any of the mail was sent. */
const MAX_CHANGES = 1;

/**
 * Sends mails to one SMTP server over at most five connections that are kept. TLS is used whenever the server offers it,
 * and a login is sent over nothing else: a server that offers none, or shows a wrong certificate, gets no mail.
 * `send` throws `MAIL_DEFERRED` also when the server does not accept the login, and when the connection is lost after the
 * mail was sent, which may then arrive twice under one Message-ID; it throws the signal's reason when that aborts.
 * No error repeats user or password.
 *
 * @throws {RangeError} when `url` is not the URL of an SMTP server.
 */
export function createSmtpMailer(options: SmtpMailerOptions): Mailer {
  const { clock } = options;
  const server = parseSmtpUrl(options.url);
  const transport = openTransport(server, options);
  const secrets = secretsOf(server);

  async function exchange(mail: Mail, options: SendOptions): Promise<readonly RecipientOutcome[]> {
    const { signal } = options;
    const recipients = recipientsOf(mail);
    const message = toMailMessage(mail, options, clock);
    try {
      const {
        accepted = [],
        rejectedErrors = [],
        response = '',
      } = await transport.sendMail({ ...message, signal });
      return mergeOutcomes(recipients, rejectedErrors.map(toSmtpError), { recipients: accepted, response });
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      const error = toSmtpError(thrown);
      const outcomes = refusalOutcomes(error, recipients);
      if (outcomes === undefined) throw toDeferredError(error, secrets);
      return outcomes;
    }
  }

  return {
    async send(mail, options) {
      options.signal.throwIfAborted();
      const outcomes = await exchange(mail, options);
      // Not the user: it is often an address that the server rightly names.
      return outcomes.map((outcome) => ({
        ...outcome,
        response: redact(outcome.response, secrets.slice(0, -1)),
      }));
    },
    async close() {
      // A delivery under way fails: whoever closes has waited for it, or has given it up.
      transport.close({ force: true });
    },
  };
}

function openTransport({ host, port, secure, auth }: SmtpServer, options: SmtpMailerOptions) {
  const { timeouts = DEFAULT_TIMEOUTS, trustedCertificates } = options;
  return createTransport({
    pool: true,
    host,
    port,
    secure,
    // Without it a proxy that removes the offer of TLS would be sent the password.
    requireTLS: !secure && auth !== undefined,
    ...(auth === undefined ? {} : { auth }),
    tls: { minVersion: 'TLSv1.2', ...(trustedCertificates === undefined ? {} : { ca: trustedCertificates }) },
    maxConnections: MAX_CONNECTIONS,
    maxRequeues: MAX_CHANGES,
    connectionTimeout: timeouts.connectMs,
    dnsTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.greetingMs,
    socketTimeout: timeouts.replyMs,
    socketCloseTimeout: 0,
    maxResponseSize: MAX_REPLY_BYTES,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** What must not be read in an error, the user last: nodemailer and servers repeat parts of a login. */
function secretsOf({ auth }: SmtpServer): readonly string[] {
  return auth === undefined ? [] : [`\0${auth.user}\0${auth.pass}`, auth.pass, auth.user];
}
