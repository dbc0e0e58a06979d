import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManualClock } from '@leveret/core/testing';
import { describeMailerContract, sampleMail } from '@leveret/testing';
import { expect, test } from 'vitest';
import { createCaptureMailer } from './capture-mailer.ts';

async function openCapture() {
  const root = await mkdtemp(join(tmpdir(), 'leveret-mail-'));
  const folder = join(root, 'mail');
  const files = async () => (await readdir(folder).catch(() => [])).sort();
  return {
    folder,
    mailer: createCaptureMailer({ folder, clock: createManualClock(Date.UTC(2026, 0, 2)) }),
    files,
    async mails() {
      const found = await Promise.all(
        (await files()).map(async (name) => {
          const path = join(folder, name);
          return { writtenAt: (await stat(path)).mtimeMs, raw: await readFile(path, 'latin1') };
        }),
      );
      return found.sort((a, b) => a.writtenAt - b.writtenAt).map(({ raw }) => raw);
    },
    cut: () => writeFile(folder, 'in the way of a folder'),
    close: () => rm(root, { recursive: true }),
  };
}

const signal = new AbortController().signal;

/** Runs a test with a folder of its own. */
async function inFolder(
  use: (under: Awaited<ReturnType<typeof openCapture>>) => Promise<void>,
): Promise<void> {
  const under = await openCapture();
  try {
    await use(under);
  } finally {
    await under.mailer.close();
    await under.close();
  }
}

describeMailerContract('a folder of captured mails', openCapture);

test('a mail sent twice is one file, named by its key, the later one', () =>
  inFolder(async ({ mailer, files, mails }) => {
    await mailer.send(sampleMail({ subject: 'first' }), { idempotencyKey: 'job-1', signal });
    const outcomes = await mailer.send(sampleMail({ subject: 'second' }), {
      idempotencyKey: 'job-1',
      signal,
    });

    expect(await files()).toEqual(['job-1.eml']);
    expect(await mails()).toEqual([expect.stringContaining('Subject: second\r\n')]);
    expect(outcomes).toEqual([
      { recipient: 'ann@example.com', outcome: 'accepted', response: 'captured in job-1.eml' },
    ]);
  }));

test.each(['../../escape', '.hidden', 'a/b', '', 'nul\0', 'x'.repeat(201)])(
  'the key %j names a file inside the folder by its digest',
  (key) =>
    inFolder(async ({ mailer, files }) => {
      await mailer.send(sampleMail(), { idempotencyKey: key, signal });

      expect(await files()).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.eml$/)]);
    }),
);

test('a captured mail is dated by the clock and shows its hidden recipients', () =>
  inFolder(async ({ mailer, mails }) => {
    await mailer.send(sampleMail({ bcc: ['cy@example.com'] }), { idempotencyKey: 'a', signal });

    const [raw] = await mails();
    expect(raw).toContain('Date: Fri, 02 Jan 2026 00:00:00 +0000\r\n');
    expect(raw).toContain('Bcc: cy@example.com\r\n');
  }));

test('a folder that cannot be written leaves nothing unfinished behind', () =>
  inFolder(async ({ folder, mailer, cut }) => {
    await cut();

    await expect(mailer.send(sampleMail(), { idempotencyKey: 'a', signal })).rejects.toMatchObject({
      code: 'MAIL_DEFERRED',
    });
    expect(await readFile(folder, 'utf8')).toBe('in the way of a folder');
  }));
