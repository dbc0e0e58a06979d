import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childId } from '@leveret/core';
import { simpleParser } from 'mailparser';
import { expect, test } from 'vitest';
import { makeFolder, startStandalone } from './start-apps.ts';
import { uploadAndLook } from './story.ts';

interface PicturesView {
  readonly pictures: readonly {
    readonly key: string;
    readonly contentType: string;
    readonly sizeBytes: number;
  }[];
}

test('embedded: an upload becomes thumbnails and a mail, and everything is there again after a restart', async () => {
  await using folder = await makeFolder();
  let jobId: string;
  {
    await using server = await startStandalone(folder.path);
    jobId = await uploadAndLook(server.client, 'ann@example.com');
    const mailId = await childId(jobId, 'notify');
    expect(await server.client.job(mailId)).toMatchObject({ state: 'succeeded', kind: 'mail.send' });

    const mail = await simpleParser(await readFile(join(folder.path, 'mail', `${mailId}.eml`)));
    expect(mail.subject).toBe('Thumbnails of your video');
    expect([mail.to].flat().map((address) => address?.text)).toEqual(['ann@example.com']);
    expect(mail.attachments.map(({ contentType }) => contentType)).toEqual(['image/jpeg', 'image/jpeg']);

    server.app.signal('SIGTERM');
    expect(await server.app.exited).toEqual({ code: 0, signal: null });
  }

  await using again = await startStandalone(folder.path);

  expect(await again.client.job(jobId)).toMatchObject({ state: 'succeeded' });
  expect((await again.client.video(jobId)).state).toBe('ready');
  const { pictures } = await again.client.until<PicturesView>(`/v1/admin/jobs/${jobId}/pictures`, () => true);
  expect(new Set(pictures.map(({ contentType }) => contentType))).toEqual(
    new Set(['image/webp', 'image/jpeg']),
  );
  const picture = await again.client.get(
    `/v1/admin/jobs/${jobId}/picture?key=${encodeURIComponent(pictures[0]?.key ?? '')}`,
  );
  expect((await picture.arrayBuffer()).byteLength).toBe(pictures[0]?.sizeBytes);
});

test('the first start shows what it does and says where to look; the second does not', async () => {
  await using folder = await makeFolder();
  {
    await using server = await startStandalone(folder.path);
    await server.app.until(/took +\d+\.\d s from upload to mail/);
    const [, file = ''] = await server.app.until(/mail +(\S+\.eml)/);
    expect(await readFile(file, 'utf8')).toContain('To: you@example.com');
    server.app.signal('SIGINT');
    expect((await server.app.exited).code).toBe(0);
  }

  await using again = await startStandalone(folder.path);
  again.app.signal('SIGTERM');
  await again.app.exited;

  expect(again.app.output()).not.toContain('First start');
});

test('a mail request is accepted and sent, and any job of a public kind can be asked for, now or later', async () => {
  await using folder = await makeFolder();
  await using server = await startStandalone(folder.path);

  const accepted = await server.client.postMail(['bob@example.com'], 'Grüße');
  const { jobId } = (await accepted.json()) as { readonly jobId: string };
  const delayed = await server.client.post('/v1/jobs/mail.send', {
    payload: { to: ['bob@example.com'], subject: 'Later', text: '…' },
    delayMs: 3_600_000,
  });
  const later = (await delayed.json()) as { readonly jobId: string };

  expect([accepted.status, delayed.status]).toEqual([202, 202]);
  expect(await server.client.job(jobId)).toMatchObject({ state: 'succeeded' });
  expect(await (await server.client.get(`/v1/jobs/${later.jobId}`)).json()).toMatchObject({
    state: 'scheduled',
  });
});

test('health, description and upload page are served', async () => {
  await using folder = await makeFolder();
  await using server = await startStandalone(folder.path);
  const { client } = server;

  expect((await client.get('/health/live')).status).toBe(200);
  expect((await client.get('/health/ready')).status).toBe(200);
  expect(await (await client.get('/docs/json')).json()).toMatchObject({
    openapi: expect.stringMatching(/^3\.1/),
  });
  expect((await client.get('/docs')).headers.get('content-type')).toContain('text/html');
  expect(await (await client.get('/')).text()).toContain('<title>');
});
