import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@leveret/core';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { createInbox } from './inbox.ts';

/** What the server does at a moment of the exchange: take it, answer with a reply, say nothing more, or cut the connection. */
export type SmtpMove = 'accept' | 'hang' | 'drop' | { readonly code: number; readonly text: string };

/** How the server behaves; it accepts whatever is left out. */
export interface SmtpScript {
  /** Before the greeting. */
  readonly greeting?: SmtpMove;
  readonly login?: (user: string, password: string) => boolean;
  /** What it says to a login that it does not accept. */
  readonly loginWords?: (user: string, password: string) => string;
  readonly sender?: SmtpMove;
  readonly recipient?: (address: string) => SmtpMove;
  /** After the whole mail has arrived. */
  readonly data?: SmtpMove;
}

/** How the server is started. */
export interface SmtpServerOptions {
  readonly script?: SmtpScript;
  /** No TLS when left out. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly isImplicit: boolean };
  /** Offers a login, also without TLS. */
  readonly offersLogin?: boolean;
  /** Refuses a mail larger than this. */
  readonly maxBytes?: number;
}

/** A mail that the server took. */
export interface ReceivedMail {
  readonly from: string;
  /** Of the envelope, in order. */
  readonly recipients: readonly string[];
  readonly raw: string;
  readonly parsed: ParsedMail;
  /** When all of it had come: wall time in milliseconds. */
  readonly receivedAt: number;
}

/** A mail server for tests, on a free port of 127.0.0.1. */
export interface TestSmtpServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** What it took, in order. */
  mails(): readonly ReceivedMail[];
  /** The next mail that it takes, or has taken and nobody has asked for. */
  nextMail(): Promise<ReceivedMail>;
  /** How many connections were made to it. */
  connectionCount(): number;
  /** Every login tried, as `user:password`. */
  logins(): readonly string[];
  /** Behaves otherwise from now on. */
  play(script: SmtpScript): void;
  /** Resolves the next time it says nothing more. */
  hung(): Promise<void>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** How long connections that are in the middle of something may take to end, in milliseconds. */
const CLOSE_TIMEOUT_MS = 500;

/** Starts a mail server that does what `script` says. */
export async function startSmtpServer(options: SmtpServerOptions = {}): Promise<TestSmtpServer> {
  const { script = {}, tls, offersLogin = false, maxBytes } = options;
  const stage = createStage(script, (sessionId) =>
    cut(server, (connection) => connection.session.id === sessionId),
  );
  const server: SMTPServer = new SMTPServer({
    logger: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
    disableReverseLookup: true,
    secure: tls?.isImplicit ?? false,
    ...(tls === undefined ? {} : { key: tls.key, cert: tls.cert }),
    disabledCommands: [...(tls === undefined ? ['STARTTLS'] : []), ...(offersLogin ? [] : ['AUTH'])],
    ...(maxBytes === undefined ? {} : { size: maxBytes, rejectOversized: true }),
    authOptional: true,
    allowInsecureAuth: true,
    onConnect: (session, answer) => stage.play(stage.script().greeting, session, answer),
    onAuth: ({ username = '', password }, _session, answer) => {
      const words = stage.logIn(username, password ?? '');
      return words === undefined ? answer(null, { user: username }) : answer(new Error(words));
    },
    onMailFrom: (_address, session, answer) => stage.play(stage.script().sender, session, answer),
    onRcptTo: ({ address }, session, answer) =>
      stage.play(stage.script().recipient?.(address), session, answer),
    onData(stream, session, answer) {
      stage.receive(stream, session).then(
        () => stage.play(stage.script().data, session, answer),
        // The client is gone in the middle of its mail.
        answer,
      );
    },
  });
  // What a client does to its connection is no failure of the server.
  server.on('error', () => undefined);
  return listen(server, stage, tls?.isImplicit ? 'smtps' : 'smtp');
}

type Answer = (error?: Error | null) => void;

/** What happens on the server, and what is remembered of it. */
function createStage(first: SmtpScript, drop: (sessionId: string) => void) {
  let script = first;
  let tellHung: (() => void)[] = [];
  const mails: ReceivedMail[] = [];
  const inbox = createInbox<ReceivedMail>();
  const arrivedBySession = new Map<string, ReceivedMail>();
  const logins: string[] = [];

  function play(move: SmtpMove = 'accept', session: SMTPServerSession, answer: Answer): void {
    const arrived = arrivedBySession.get(session.id);
    arrivedBySession.delete(session.id);
    if (move === 'accept') {
      if (arrived !== undefined) {
        mails.push(arrived);
        inbox.put(arrived);
      }
      answer();
    } else if (move === 'hang') {
      for (const tell of tellHung) tell();
      tellHung = [];
    } else if (move === 'drop') {
      drop(session.id);
    } else {
      answer(Object.assign(new Error(move.text), { responseCode: move.code }));
    }
  }

  return {
    mails,
    nextMail: inbox.next,
    logins,
    script: () => script,
    change(next: SmtpScript) {
      script = next;
    },
    play,
    hung: () => new Promise<void>((resolve) => tellHung.push(resolve)),
    /** What is wrong with a login, if anything. */
    logIn(user: string, password: string): string | undefined {
      logins.push(`${user}:${password}`);
      if (script.login?.(user, password) ?? true) return undefined;
      return script.loginWords?.(user, password) ?? 'wrong user or password';
    },
    async receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
      const chunks: Buffer[] = await stream.toArray();
      const receivedAt = systemClock.now();
      const raw = Buffer.concat(chunks);
      const { mailFrom, rcptTo } = session.envelope;
      arrivedBySession.set(session.id, {
        from: mailFrom === false ? '' : mailFrom.address,
        recipients: rcptTo.map(({ address }) => address),
        raw: raw.toString('latin1'),
        parsed: await simpleParser(raw),
        receivedAt,
      });
    },
  };
}

async function listen(
  server: SMTPServer,
  stage: ReturnType<typeof createStage>,
  protocol: string,
): Promise<TestSmtpServer> {
  let connectionCount = 0;
  server.server.on('connection', () => {
    connectionCount += 1;
  });
  const listener = server.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      cut(server, () => true);
      server.close(() => resolve());
    });
  return {
    port,
    url: `${protocol}://127.0.0.1:${port}`,
    mails: () => stage.mails,
    nextMail: stage.nextMail,
    connectionCount: () => connectionCount,
    logins: () => stage.logins,
    play: stage.change,
    hung: stage.hung,
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Connection = SMTPServer['connections'] extends Set<infer One> ? One : never;

/**
 * Ends connections at once. It ends the socket on top, and none in the middle of a TLS handshake: Node 20 crashes when the
 * one below goes first. The server ends those when it closes.
 */
function cut(server: SMTPServer, isMeant: (connection: Connection) => boolean): void {
  for (const connection of server.connections) {
    if (!connection._upgrading && isMeant(connection)) connection._socket.destroy();
  }
}
