import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';

/** What the server does at a moment of the exchange: take it, answer with a reply, say nothing more, or cut the connection. */
export type SmtpMove = 'accept' | 'hang' | 'drop' | { readonly code: number; readonly text: string };

/** How the server behaves; it accepts whatever is left out. */
export interface SmtpScript {
  /** Before the greeting. */
  readonly greeting?: SmtpMove;
  readonly login?: (user: string, password: string) => boolean;
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
}

/** A mail server for tests, on a free port of 127.0.0.1. */
export interface TestSmtpServer {
  readonly port: number;
  readonly url: string;
  /** What it took, in order. */
  mails(): readonly ReceivedMail[];
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

/** Starts a mail server that does what `script` says. */
export async function startSmtpServer(options: SmtpServerOptions = {}): Promise<TestSmtpServer> {
  const { script = {}, tls, offersLogin = false, maxBytes } = options;
  const stage = createStage(script);
  const server = new SMTPServer({
    logger: false,
    disableReverseLookup: true,
    secure: tls?.isImplicit ?? false,
    ...(tls === undefined ? {} : { key: tls.key, cert: tls.cert }),
    disabledCommands: [...(tls === undefined ? ['STARTTLS'] : []), ...(offersLogin ? [] : ['AUTH'])],
    ...(maxBytes === undefined ? {} : { size: maxBytes, rejectOversized: true }),
    authOptional: true,
    allowInsecureAuth: true,
    onConnect: (session, answer) => stage.play(stage.script().greeting, session, answer),
    onAuth: ({ username = '', password }, _session, answer) =>
      stage.logIn(username, password ?? '') ? answer(null, { user: username }) : answer(new Error(`no login for ${username}`)),
    onMailFrom: (_address, session, answer) => stage.play(stage.script().sender, session, answer),
    onRcptTo: ({ address }, session, answer) => stage.play(stage.script().recipient?.(address), session, answer),
    onData: (stream, session, answer) => void stage.receive(stream, session).then(() => stage.play(stage.script().data, session, answer)),
  });
  // What a client does to its connection is no failure of the server.
  server.on('error', () => undefined);
  return listen(server, stage, tls?.isImplicit ? 'smtps' : 'smtp');
}

type Answer = (error?: Error | null) => void;

/** What happens on the server, and what is remembered of it. */
function createStage(first: SmtpScript) {
  let script = first;
  let tellHung: (() => void)[] = [];
  const mails: ReceivedMail[] = [];
  const arrivedBySession = new Map<string, ReceivedMail>();
  const logins: string[] = [];
  const sockets = new Map<number, Socket>();

  function play(move: SmtpMove = 'accept', session: SMTPServerSession, answer: Answer): void {
    const arrived = arrivedBySession.get(session.id);
    arrivedBySession.delete(session.id);
    if (move === 'accept') {
      if (arrived !== undefined) mails.push(arrived);
      answer();
    } else if (move === 'hang') {
      for (const tell of tellHung) tell();
      tellHung = [];
    } else if (move === 'drop') {
      sockets.get(session.remotePort)?.destroy();
    } else {
      answer(Object.assign(new Error(move.text), { responseCode: move.code }));
    }
  }

  return {
    mails,
    logins,
    sockets,
    script: () => script,
    change(next: SmtpScript) {
      script = next;
    },
    play,
    hung: () => new Promise<void>((resolve) => tellHung.push(resolve)),
    logIn(user: string, password: string): boolean {
      logins.push(`${user}:${password}`);
      return script.login?.(user, password) ?? true;
    },
    async receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
      const chunks: Buffer[] = await stream.toArray();
      const raw = Buffer.concat(chunks);
      const { mailFrom, rcptTo } = session.envelope;
      arrivedBySession.set(session.id, {
        from: mailFrom === false ? '' : mailFrom.address,
        recipients: rcptTo.map(({ address }) => address),
        raw: raw.toString('latin1'),
        parsed: await simpleParser(raw),
      });
    },
  };
}

async function listen(server: SMTPServer, stage: ReturnType<typeof createStage>, protocol: string): Promise<TestSmtpServer> {
  let connectionCount = 0;
  server.server.on('connection', (socket: Socket) => {
    const { remotePort = 0 } = socket;
    connectionCount += 1;
    stage.sockets.set(remotePort, socket);
    socket.once('close', () => stage.sockets.delete(remotePort));
  });
  const listener = server.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    url: `${protocol}://127.0.0.1:${port}`,
    mails: () => stage.mails,
    connectionCount: () => connectionCount,
    logins: () => stage.logins,
    play: stage.change,
    hung: stage.hung,
    close: () =>
      new Promise((resolve) => {
        for (const socket of stage.sockets.values()) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
