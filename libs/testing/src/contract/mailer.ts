import type { Mailer } from '@leveret/core';
import { type ParsedMail, simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { sampleMail } from './sample-mail.ts';

/** A mailer to test, whose mails can be looked at. */
export interface MailerUnderTest {
  readonly mailer: Mailer;
  /** What was handed over so far, in order, as it is on the wire. */
  mails(): Promise<readonly string[]>;
  /** From now on the mailer cannot reach where it hands mails to. */
  cut(): Promise<void>;
  /** Deletes everything. The mailer is closed already. */
  close(): Promise<void>;
}

type WithMailer = (use: (under: MailerUnderTest) => Promise<void>) => Promise<void>;

/** Text with what is not ASCII, in several scripts. */
const WORLD_TEXT = 'Grüße an 東京, שלום – 🐇';

/** Declares the tests that hold a driver to the sentences of `Mailer`. `open` is called for every test. */
export function describeMailerContract(name: string, open: () => Promise<MailerUnderTest>): void {
  async function withMailer(use: (under: MailerUnderTest) => Promise<void>): Promise<void> {
    const under = await open();
    try {
      await use(under);
    } finally {
      await under.mailer.close();
      await under.close();
    }
  }
  describe(`${name} is a mailer`, () => {
    describeContent(withMailer);
    describeOutcomes(withMailer);
    describeHeaders(withMailer);
    describeEnds(withMailer);
  });
}

function options(idempotencyKey: string = crypto.randomUUID()) {
  return { idempotencyKey, signal: new AbortController().signal };
}

async function parsed({ mails }: MailerUnderTest): Promise<ParsedMail[]> {
  return Promise.all((await mails()).map((raw) => simpleParser(Buffer.from(raw, 'latin1'))));
}

function describeContent(withMailer: WithMailer): void {
  test('a mail arrives with its text, its HTML and its attachments', () =>
    withMailer(async (under) => {
      const content = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256);
      const attachments = [
        { fileName: 'report.bin', contentType: 'application/octet-stream', content },
        {
          fileName: `${WORLD_TEXT}.png`,
          contentType: 'image/png',
          content: content.subarray(7, 99),
          contentId: 'poster-1',
        },
      ];
      const html = `<p>${WORLD_TEXT}</p><img src="cid:poster-1">`;

      await under.mailer.send(
        sampleMail({ subject: WORLD_TEXT, text: WORLD_TEXT, html, attachments, replyTo: 'help@example.org' }),
        options(),
      );

      const [mail] = await parsed(under);
      expect(mail?.subject).toBe(WORLD_TEXT);
      expect(mail?.text?.trim()).toBe(WORLD_TEXT);
      expect(mail?.html).toContain(WORLD_TEXT);
      expect(mail?.from?.text).toBe('videos@leveret.example');
      expect(mail?.replyTo?.text).toBe('help@example.org');
      const [shown, plain] = attachments
        .map(({ fileName }) => mail?.attachments.find(({ filename }) => filename === fileName))
        .reverse();
      expect(plain).toMatchObject({ contentType: 'application/octet-stream', content: Buffer.from(content) });
      expect(shown).toMatchObject({
        contentType: 'image/png',
        content: Buffer.from(content.subarray(7, 99)),
        cid: 'poster-1',
      });
    }));

  test('the Message-ID is the same for every attempt of a mail, and another for every other', () =>
    withMailer(async (under) => {
      const ids: (string | undefined)[] = [];
      for (const key of ['one', 'one', 'two']) {
        await under.mailer.send(sampleMail(), options(key));
        ids.push((await parsed(under)).map(({ messageId }) => messageId).at(-1));
      }

      expect(ids[0]).toMatch(/^<[0-9a-f]{32}@leveret\.example>$/);
      expect(ids[1]).toBe(ids[0]);
      expect(new Set(ids).size).toBe(2);
    }));
}

function describeOutcomes(withMailer: WithMailer): void {
  test('there is one outcome for every recipient, each once', () =>
    withMailer(async ({ mailer }) => {
      const mail = sampleMail({
        to: ['ann@example.com', 'bob@example.com', 'ann@EXAMPLE.com'],
        cc: ['bob@example.com', 'Bob@example.com'],
        bcc: ['cy@example.com'],
      });

      const outcomes = await mailer.send(mail, options());

      expect(outcomes.map(({ recipient, outcome }) => [recipient, outcome])).toEqual([
        ['ann@example.com', 'accepted'],
        ['bob@example.com', 'accepted'],
        ['Bob@example.com', 'accepted'],
        ['cy@example.com', 'accepted'],
      ]);
      expect(outcomes.every(({ response }) => response.length > 0)).toBe(true);
    }));

  test('MAIL_DEFERRED says that nobody could be given the mail', () =>
    withMailer(async ({ mailer, cut }) => {
      await cut();

      await expect(mailer.send(sampleMail(), options())).rejects.toMatchObject({
        code: 'MAIL_DEFERRED',
        cause: expect.any(Error),
      });
    }));
}

function describeHeaders(withMailer: WithMailer): void {
  const content = new Uint8Array(1);
  test.each([
    ['an address', { to: ['ann@example.com\r\nBcc: eve@evil.example'] }],
    ['a list as an address', { to: ['ann@example.com, eve@evil.example'] }],
    ['an address with a name', { cc: ['Ann <ann@example.com>'] }],
    ['a hidden recipient', { bcc: ['ann@example.com\nX-Evil: 1'] }],
    ['a sender', { from: 'a@b.example>\r\nRCPT TO:<eve@evil.example' }],
    ['a reply address', { replyTo: 'a@b.example\r\nX-Evil: 1' }],
    ['a subject', { subject: 'Hi\r\nX-Evil: 1' }],
    ['a subject with U+2028', { subject: 'Hi\u2028X-Evil: 1' }],
    ['a subject with NUL', { subject: 'Hi\0' }],
    ['a file name', { attachments: [{ fileName: 'a\r\nX-Evil: 1', contentType: 'image/png', content }] }],
    [
      'a file name that is too long',
      { attachments: [{ fileName: 'a'.repeat(256), contentType: 'image/png', content }] },
    ],
    ['a content type', { attachments: [{ fileName: 'a', contentType: 'image/png\r\nX-Evil: 1', content }] }],
    [
      'a content id',
      { attachments: [{ fileName: 'a', contentType: 'image/png', content, contentId: 'a>\r\nX-Evil: 1' }] },
    ],
    ['nobody', { to: [] }],
  ])('%s that would change the headers is refused, and nothing is handed over', (_what, fields) =>
    withMailer(async ({ mailer, mails }) => {
      await expect(mailer.send(sampleMail(fields), options())).rejects.toThrow(RangeError);
      expect(await mails()).toEqual([]);
    }),
  );

  test('the headers are those we set, whatever the key and the text hold', () =>
    withMailer(async (under) => {
      await under.mailer.send(sampleMail({ text: 'Hi\r\n.\r\nX-Evil: 1\r\n' }), options('key\r\nX-Evil: 1'));

      const [mail] = await parsed(under);
      expect([...(mail?.headers.keys() ?? [])].sort()).toEqual(
        [
          'content-transfer-encoding',
          'content-type',
          'date',
          'from',
          'message-id',
          'mime-version',
          'subject',
          'to',
        ].sort(),
      );
      expect(mail?.text).toContain('X-Evil');
    }));
}

function describeEnds(withMailer: WithMailer): void {
  test('an attempt that is given up hands nothing over and throws the reason', () =>
    withMailer(async ({ mailer, mails }) => {
      const reason = new Error('too late');

      const sending = mailer.send(sampleMail(), {
        idempotencyKey: 'late',
        signal: AbortSignal.abort(reason),
      });

      await expect(sending).rejects.toBe(reason);
      expect(await mails()).toEqual([]);
    }));

  test('a closed mailer can be closed again, and sends nothing more', () =>
    withMailer(async ({ mailer, mails }) => {
      await mailer.send(sampleMail(), options());
      await mailer.close();
      await mailer.close();

      await expect(mailer.send(sampleMail(), options())).rejects.toMatchObject({ code: 'MAIL_DEFERRED' });
      expect(await mails()).toHaveLength(1);
    }));
}
