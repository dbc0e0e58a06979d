import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { systemClock } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import {
  describeMailerContract,
  type SmtpMove,
  type SmtpScript,
  sampleMail,
  startSmtpServer,
} from '@leveret/testing';
import { expect, test } from 'vitest';
import { createSmtpMailer, type SmtpTimeouts } from './smtp-mailer.ts';

const TWO = { to: ['ann@example.com', 'bob@example.com'] };
const GREYLISTED: SmtpMove = { code: 451, text: 'try again later' };
const UNKNOWN: SmtpMove = { code: 550, text: 'no such user' };

function options() {
  return { idempotencyKey: 'job-1', signal: new AbortController().signal };
}

/** Runs a test with a server that follows `script` and a mailer that talks to it. */
async function withServer(
  script: SmtpScript,
  use: (under: Awaited<ReturnType<typeof start>>) => Promise<void>,
  timeouts?: SmtpTimeouts,
): Promise<void> {
  const under = await start(script, timeouts);
  try {
    await use(under);
  } finally {
    await under.mailer.close();
    await under.server.close();
  }
}

async function start(script: SmtpScript, timeouts?: SmtpTimeouts) {
  const server = await startSmtpServer({ script });
  const mailer = createSmtpMailer({
    url: server.url,
    clock: systemClock,
    ...(timeouts === undefined ? {} : { timeouts }),
  });
  return { server, mailer };
}

describeMailerContract('an SMTP server', async () => {
  const { server, mailer } = await start({});
  return {
    mailer,
    mails: async () => server.mails().map(({ raw }) => raw),
    cut: () => server.close(),
    close: () => server.close(),
  };
});

test('a mail carries the time of the clock, and its hidden recipients in the envelope alone', async () => {
  const server = await startSmtpServer();
  const mailer = createSmtpMailer({ url: server.url, clock: createManualClock(Date.UTC(2026, 0, 2)) });

  await mailer.send(sampleMail({ cc: ['bob@example.com'], bcc: ['cy@example.com'] }), options());
  await mailer.close();
  await server.close();

  const [mail] = server.mails();
  expect(mail?.from).toBe('videos@leveret.example');
  expect(mail?.recipients).toEqual(['ann@example.com', 'bob@example.com', 'cy@example.com']);
  expect(mail?.raw).not.toContain('cy@example.com');
  expect(mail?.parsed.date).toEqual(new Date(Date.UTC(2026, 0, 2)));
});

test('each recipient has an outcome of its own, with the words of the server', () =>
  withServer(
    {
      recipient: (address) =>
        address.startsWith('bob') ? UNKNOWN : address.startsWith('cy') ? GREYLISTED : 'accept',
    },
    async ({ mailer, server }) => {
      const outcomes = await mailer.send(sampleMail({ ...TWO, bcc: ['cy@example.com'] }), options());

      expect(outcomes).toEqual([
        { recipient: 'ann@example.com', outcome: 'accepted', response: expect.stringMatching(/^250 /) },
        { recipient: 'bob@example.com', outcome: 'refused', response: '550 no such user' },
        { recipient: 'cy@example.com', outcome: 'deferred', response: '451 try again later' },
      ]);
      expect(server.mails()[0]?.recipients).toEqual(['ann@example.com']);
    },
  ));

test.each<[string, SmtpScript, string]>([
  ['every recipient refused', { recipient: () => UNKNOWN }, 'refused'],
  ['every recipient deferred', { recipient: () => GREYLISTED }, 'deferred'],
  ['the sender refused', { sender: UNKNOWN }, 'refused'],
  ['the sender deferred', { sender: GREYLISTED }, 'deferred'],
  ['the mail refused after it arrived', { data: UNKNOWN }, 'refused'],
  ['the mail deferred after it arrived', { data: GREYLISTED }, 'deferred'],
])('%s is the outcome for everybody', (_what, script, outcome) =>
  withServer(script, async ({ mailer, server }) => {
    const outcomes = await mailer.send(sampleMail(TWO), options());

    const response = outcome === 'refused' ? '550 no such user' : '451 try again later';
    expect(outcomes).toEqual(TWO.to.map((recipient) => ({ recipient, outcome, response })));
    expect(server.mails()).toEqual([]);
  }),
);

test.each<[string, SmtpScript]>([
  ['is lost before the greeting', { greeting: 'drop' }],
  ['is refused in the greeting', { greeting: { code: 554, text: 'go away' } }],
  ['is lost at the sender', { sender: 'drop' }],
  ['is lost at a recipient', { recipient: () => 'drop' }],
  ['is lost after the mail was sent', { data: 'drop' }],
  ['wants a login', { sender: { code: 530, text: 'authentication required' } }],
])('a connection that %s defers the mail, and the next goes through', (_what, script) =>
  withServer(script, async ({ mailer, server }) => {
    await expect(mailer.send(sampleMail(TWO), options())).rejects.toMatchObject({ code: 'MAIL_DEFERRED' });

    server.play({});

    expect(await mailer.send(sampleMail(), options())).toMatchObject([{ outcome: 'accepted' }]);
  }),
);

test.each<[string, SmtpScript, Partial<SmtpTimeouts>]>([
  ['to greet', { greeting: 'hang' }, { greetingMs: 50 }],
  ['to take a sender', { sender: 'hang' }, { replyMs: 50 }],
  ['to take the mail', { data: 'hang' }, { replyMs: 50 }],
])('a server that takes too long %s defers the mail', (_what, script, timeouts) =>
  withServer(
    script,
    async ({ mailer }) => {
      await expect(mailer.send(sampleMail(), options())).rejects.toMatchObject({ code: 'MAIL_DEFERRED' });
    },
    { connectMs: 10_000, greetingMs: 10_000, replyMs: 10_000, ...timeouts },
  ),
);

test.each<[string, SmtpScript]>([
  ['greeting', { greeting: 'hang' }],
  ['recipient', { recipient: () => 'hang' }],
  ['data', { data: 'hang' }],
])('an attempt that hangs at the %s ends when it is given up, and others go on', (_what, script) =>
  withServer(script, async ({ mailer, server }) => {
    const stopping = new AbortController();
    const reason = new Error('too late');
    const hung = server.hung();
    const sending = mailer.send(sampleMail(), { idempotencyKey: 'slow', signal: stopping.signal });
    await hung;
    server.play({});
    const other = mailer.send(sampleMail(), options());

    stopping.abort(reason);

    await expect(sending).rejects.toBe(reason);
    expect(await other).toMatchObject([{ outcome: 'accepted' }]);
  }),
);

test('a mailer that is closed while a server hangs gives the mail up', () =>
  withServer({ data: 'hang' }, async ({ mailer, server }) => {
    const hung = server.hung();
    const sending = expect(mailer.send(sampleMail(), options())).rejects.toMatchObject({
      code: 'MAIL_DEFERRED',
    });
    await hung;

    await mailer.close();

    await sending;
  }));

test('mails share connections, and a connection that the server ended is replaced', () =>
  withServer({}, async ({ mailer, server }) => {
    for (let mail = 0; mail < 3; mail += 1) await mailer.send(sampleMail(), options());
    expect(server.connectionCount()).toBe(1);

    server.play({ sender: { code: 421, text: 'closing down' } });
    expect(await mailer.send(sampleMail(), options())).toMatchObject([{ outcome: 'deferred' }]);
    server.play({});
    expect(await mailer.send(sampleMail(), options())).toMatchObject([{ outcome: 'accepted' }]);
  }));

test('what a server says is kept in one line, and not all of it when it is long', () =>
  withServer(
    { recipient: () => ({ code: 550, text: `no such\tuser${'!'.repeat(5_000)}` }) },
    async ({ mailer }) => {
      const [outcome] = await mailer.send(sampleMail(), options());

      expect(outcome?.response).toMatch(/^550 no such user!+…$/);
      expect(outcome?.response).toHaveLength(300);
    },
  ));

test('a mail larger than the server takes is refused for everybody', async () => {
  const server = await startSmtpServer({ maxBytes: 1_000 });
  const mailer = createSmtpMailer({ url: server.url, clock: systemClock });

  const outcomes = await mailer.send(sampleMail({ ...TWO, text: 'x'.repeat(10_000) }), options());
  await mailer.close();
  await server.close();

  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
});

test.each([
  'http://user:s3cret@host',
  'smtp://',
  'smtp://user:s3cret@host?tls.rejectUnauthorized=false',
  'smtp://user:s3cret@host/path',
  'smtp://user:%zzs3cret@host',
  'user:s3cret@host',
])('%s is no mail server, and the error does not repeat it', (url) => {
  const open = () => createSmtpMailer({ url, clock: systemClock });

  expect(open).toThrow(RangeError);
  try {
    open();
  } catch (error) {
    expect(inspect(error)).not.toContain('s3cret');
  }
});

test('a server that is not there defers the mail', async () => {
  const listener = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const { port } = listener.address() as { port: number };
  await new Promise((resolve) => listener.close(resolve));
  const mailer = createSmtpMailer({ url: `smtp://127.0.0.1:${port}`, clock: systemClock });

  await expect(mailer.send(sampleMail(), options())).rejects.toMatchObject({
    code: 'MAIL_DEFERRED',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  await mailer.close();
});
