import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BlobStore,
  type JobContext,
  LeveretError,
  silentLogger,
  systemClock,
  validatePayload,
} from '@leveret/core';
import { type MailSendPayload, mailSend } from '@leveret/jobs';
import { type SmtpMove, type SmtpScript, startSmtpServer } from '@leveret/testing';
import { expect, test } from 'vitest';
import { createCaptureMailer } from './capture-mailer.ts';
import { createMailSendHandler } from './mail-send-handler.ts';
import { createSmtpMailer } from './smtp-mailer.ts';

const FROM = 'videos@leveret.example';
const PAYLOAD: MailSendPayload = { to: ['ann@example.com'], subject: 'Hello', text: 'Hi' };

/** A storage of one chunk per key. */
function blobsOf(contents: Readonly<Record<string, Uint8Array>>): BlobStore {
  const unused = () => Promise.reject(new Error('not used by mails'));
  return {
    async open(key) {
      const content = contents[key];
      if (content === undefined) throw new LeveretError('BLOB_NOT_FOUND', key);
      return (async function* () {
        yield content;
      })();
    },
    put: unused,
    stat: unused,
    move: unused,
    delete: unused,
    withLocalFile: unused,
    list: async function* () {},
    sweep: unused,
    now: unused,
  };
}

interface Child {
  readonly payload: unknown;
  readonly key: string;
  readonly delayMs: number | undefined;
}

/** A context that keeps the children enqueued in it; each has its key for an id. */
function contextOf(payload: MailSendPayload) {
  const children: Child[] = [];
  const context: JobContext<MailSendPayload> = {
    payload,
    job: {
      id: 'job-1',
      kind: 'mail.send',
      queue: 'mail',
      attempt: 1,
      maxAttempts: 8,
      createdAt: 0,
      headers: {},
    },
    signal: new AbortController().signal,
    log: silentLogger,
    progress: () => undefined,
    async enqueue(definition, child, { key, delayMs }) {
      children.push({ payload: await validatePayload(definition, child), key, delayMs });
      return key;
    },
  };
  return { context, children };
}

/** Runs the handler against a server that treats each recipient as its name says. */
async function handle(payload: MailSendPayload, options: { script?: SmtpScript; blobs?: BlobStore } = {}) {
  const server = await startSmtpServer({ script: { recipient: moveOf, ...options.script } });
  const mailer = createSmtpMailer({ url: server.url, clock: systemClock });
  const { context, children } = contextOf(payload);
  const run = createMailSendHandler({ mailer, blobs: options.blobs ?? blobsOf({}), from: FROM });
  const outcome = await run(context).catch((error: unknown) => error);
  await mailer.close();
  await server.close();
  return { outcome, children, mails: server.mails() };
}

function moveOf(address: string): SmtpMove {
  if (address.startsWith('refused')) return { code: 550, text: `no ${address} here` };
  return address.startsWith('deferred') ? { code: 451, text: 'try again later' } : 'accept';
}

test('a mail that everybody accepts is sent with its attachments, and the result names each recipient', async () => {
  const content = Uint8Array.of(1, 2, 3);
  const attachments = [
    { blobKey: 'posters/a.png', fileName: 'a.png', contentType: 'image/png', contentId: 'poster-1' },
  ];
  const payload = {
    ...PAYLOAD,
    cc: ['cy@example.com'],
    replyTo: 'help@example.org',
    html: '<img src="cid:poster-1">',
    attachments,
  };

  const { outcome, children, mails } = await handle(payload, {
    blobs: blobsOf({ 'posters/a.png': content }),
  });

  expect(outcome).toEqual({
    recipients: ['ann@example.com', 'cy@example.com'].map((recipient) => ({
      recipient,
      outcome: 'accepted',
      response: expect.stringMatching(/^250 /),
    })),
  });
  expect(children).toEqual([]);
  expect(mails[0]?.from).toBe(FROM);
  expect(mails[0]?.parsed.attachments).toMatchObject([
    { filename: 'a.png', cid: 'poster-1', content: Buffer.from(content) },
  ]);
});

test('a mail that everybody refuses is given up with the words of the server', async () => {
  const { outcome, children } = await handle({
    ...PAYLOAD,
    to: ['refused-1@example.com', 'refused-2@example.com'],
  });

  expect(outcome).toMatchObject({
    code: 'MAIL_REFUSED',
    message: '550 no refused-1@example.com here; 550 no refused-2@example.com here',
  });
  expect(children).toEqual([]);
});

test.each([
  ['everybody defers', ['deferred-1@example.com', 'deferred-2@example.com']],
  ['some defer and the others refuse', ['deferred@example.com', 'refused@example.com']],
])('a mail that %s is tried again as a whole', async (_what, to) => {
  const { outcome, children } = await handle({ ...PAYLOAD, to });

  expect(outcome).toMatchObject({
    code: 'MAIL_DEFERRED',
    message: expect.stringContaining('451 try again later'),
  });
  expect(children).toEqual([]);
});

test('recipients that refuse are told in the result when others have the mail', async () => {
  const { outcome, children, mails } = await handle({ ...PAYLOAD, bcc: ['refused@example.com'] });

  expect(outcome).toMatchObject({
    recipients: [
      { outcome: 'accepted' },
      { recipient: 'refused@example.com', outcome: 'refused', response: '550 no refused@example.com here' },
    ],
  });
  expect(children).toEqual([]);
  expect(mails).toHaveLength(1);
});

test('recipients that defer get a job of their own, later, when others have the mail', async () => {
  const to = ['ann@example.com', 'deferred-1@example.com'];
  const bcc = ['deferred-2@EXAMPLE.com', 'cy@example.com'];

  const { outcome, children } = await handle({ ...PAYLOAD, to, cc: ['bob@example.com'], bcc });

  const [child] = children;
  expect(children).toEqual([
    {
      payload: { ...PAYLOAD, to: ['deferred-1@example.com'], cc: [], bcc: ['deferred-2@EXAMPLE.com'] },
      key: expect.stringMatching(/^deferred-[0-9a-f]{32}$/),
      delayMs: mailSend.retry.firstDelayMs,
    },
  ]);
  expect(outcome).toMatchObject({ deferredJobIds: [child?.key] });
});

test('a job that runs twice gives the same recipients the same job, and others another', async () => {
  const runs = [['deferred-1@example.com'], ['deferred-1@EXAMPLE.com'], ['deferred-2@example.com']];
  const keys: (string | undefined)[] = [];
  for (const deferred of runs) {
    const { children } = await handle({ ...PAYLOAD, to: [...PAYLOAD.to, ...deferred] });
    keys.push(children[0]?.key);
  }

  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test('when only copies are deferred, the next mail is addressed to them', async () => {
  const { children } = await handle({
    ...PAYLOAD,
    cc: ['deferred-1@example.com'],
    bcc: ['deferred-2@example.com'],
  });

  expect(children.map(({ payload }) => payload)).toEqual([
    { ...PAYLOAD, to: ['deferred-1@example.com'], cc: [], bcc: ['deferred-2@example.com'] },
  ]);
});

test('hidden recipients that are deferred get a mail each, so that they do not learn of each other', async () => {
  const { children } = await handle({
    ...PAYLOAD,
    bcc: ['deferred-1@example.com', 'deferred-2@example.com'],
  });

  expect(children.map(({ payload }) => payload)).toEqual([
    { ...PAYLOAD, to: ['deferred-1@example.com'], cc: [], bcc: [] },
    { ...PAYLOAD, to: ['deferred-2@example.com'], cc: [], bcc: [] },
  ]);
  expect(new Set(children.map(({ key }) => key)).size).toBe(2);
});

test('a lost connection is tried again', async () => {
  const { outcome } = await handle(PAYLOAD, { script: { data: 'drop' } });

  expect(outcome).toMatchObject({ code: 'MAIL_DEFERRED' });
});

test('a mail whose attachment is gone, or whose attachments are too large, is not sent', async () => {
  const attachment = { blobKey: 'a', fileName: 'a.bin', contentType: 'application/octet-stream' };
  const large = blobsOf({ a: new Uint8Array(10 * 1024 * 1024) });

  const gone = await handle({ ...PAYLOAD, attachments: [attachment] });
  const tooLarge = await handle({ ...PAYLOAD, attachments: [attachment, attachment] }, { blobs: large });

  expect(gone).toMatchObject({ outcome: { code: 'BLOB_NOT_FOUND' }, mails: [] });
  expect(tooLarge).toMatchObject({ outcome: { code: 'PAYLOAD_TOO_LARGE' }, mails: [] });
});

test('a job that runs twice leaves one captured mail, named by the job', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-mail-'));
  const mailer = createCaptureMailer({ folder, clock: systemClock });
  const run = createMailSendHandler({ mailer, blobs: blobsOf({}), from: FROM });

  const first = await run(contextOf(PAYLOAD).context);
  const second = await run(contextOf(PAYLOAD).context);
  await mailer.close();
  await rm(folder, { recursive: true });

  expect(first).toEqual({
    recipients: [{ recipient: 'ann@example.com', outcome: 'accepted', response: 'captured in job-1.eml' }],
  });
  expect(second).toEqual(first);
});
