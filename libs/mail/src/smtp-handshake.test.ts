import { createServer, type Socket } from 'node:net';
import { systemClock } from '@leveret/core';
import { sampleMail } from '@leveret/testing';
import { expect, test } from 'vitest';
import { createSmtpMailer, type SmtpMailerOptions } from './smtp-mailer.ts';

/** What a server answers to each command before it says nothing more. */
const GREETING = ['220 ready\r\n', '250-hello\r\n250 STARTTLS\r\n', '220 go ahead\r\n'];

/** A server that never answers the first message of a TLS handshake. */
async function startSilentServer(isImplicit: boolean) {
  let tellSilent: () => void = () => undefined;
  const silent = new Promise<void>((resolve) => {
    tellSilent = resolve;
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const replies = isImplicit ? [] : [...GREETING];
    if (!isImplicit) socket.write(replies.shift() ?? '');
    socket.on('data', () => {
      const reply = replies.shift();
      if (reply === undefined) tellSilent();
      else socket.write(reply);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  return {
    url: `${isImplicit ? 'smtps' : 'smtp'}://ann:secret@127.0.0.1:${port}`,
    silent,
    cut: () => sockets.forEach((socket) => void socket.destroy()),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** Runs a test in which a mailer waits for a handshake that never ends. */
async function inHandshake(
  isImplicit: boolean,
  use: (under: {
    sending: Promise<unknown>;
    stopping: AbortController;
    cut: () => void;
    close: () => Promise<void>;
  }) => Promise<void>,
  timeouts?: SmtpMailerOptions['timeouts'],
): Promise<void> {
  const server = await startSilentServer(isImplicit);
  const mailer = createSmtpMailer({
    url: server.url,
    clock: systemClock,
    ...(timeouts === undefined ? {} : { timeouts }),
  });
  const stopping = new AbortController();
  const sending = mailer
    .send(sampleMail(), { idempotencyKey: 'a', signal: stopping.signal })
    .catch((error: unknown) => error);
  await server.silent;
  await use({ sending, stopping, cut: server.cut, close: mailer.close });
  await mailer.close();
  server.cut();
  await server.close();
}

test.each([true, false])(
  'an attempt is given up in the middle of a TLS handshake (from the first byte: %s)',
  (isImplicit) =>
    inHandshake(isImplicit, async ({ sending, stopping }) => {
      const reason = new Error('too late');
      stopping.abort(reason);

      expect(await sending).toBe(reason);
    }),
);

test.each([true, false])(
  'a connection lost in the middle of a TLS handshake defers the mail (from the first byte: %s)',
  (isImplicit) =>
    inHandshake(isImplicit, async ({ sending, cut }) => {
      cut();

      expect(await sending).toMatchObject({ code: 'MAIL_DEFERRED' });
    }),
);

test.each([true, false])(
  'a mailer is closed in the middle of a TLS handshake (from the first byte: %s)',
  (isImplicit) =>
    inHandshake(isImplicit, async ({ sending, close }) => {
      await close();

      expect(await sending).toMatchObject({ code: 'MAIL_DEFERRED' });
    }),
);

test.each([true, false])(
  'a TLS handshake that takes too long defers the mail (from the first byte: %s)',
  (isImplicit) =>
    inHandshake(
      isImplicit,
      async ({ sending }) => {
        expect(await sending).toMatchObject({ code: 'MAIL_DEFERRED' });
      },
      { connectMs: 200, greetingMs: 200, replyMs: 200 },
    ),
);
