import { startSmtpServer } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { type Installation, makeFolder, startApi, startWorker } from './start-apps.ts';
import { uploadAndLook } from './story.ts';

describe.skipIf(!hasRabbitmq())('on RabbitMQ, an API process and worker processes', () => {
  test('turn an upload into thumbnails and a mail, on workers of different queues', async () => {
    await using folder = await makeFolder();
    await using vhost = await openVhost();
    await using smtp = await startSmtpServer();
    const installation: Installation = { dataDir: folder.path, amqpUrl: vhost.amqpUrl, smtpUrl: smtp.url };
    await using api = await startApi(installation);
    await using videoWorker = await startWorker(installation, ['--queues', 'video', '--concurrency', '1']);
    await using mailWorker = await startWorker(installation, ['--queues', 'mail', '--concurrency', '8']);

    await uploadAndLook(api.client, 'ann@example.com');
    const mail = await smtp.nextMail();

    expect(mail.parsed.subject).toBe('Thumbnails of your video');
    expect(mail.parsed.attachments).toHaveLength(2);
    for (const app of [api.app, videoWorker, mailWorker]) {
      app.signal('SIGTERM');
      expect(await app.exited).toEqual({ code: 0, signal: null });
    }
  });

  test('a worker that starts later takes what waits, and its health server says what it stands on', async () => {
    await using folder = await makeFolder();
    await using vhost = await openVhost();
    await using smtp = await startSmtpServer();
    const installation: Installation = { dataDir: folder.path, amqpUrl: vhost.amqpUrl, smtpUrl: smtp.url };
    await using api = await startApi(installation);
    const { jobId } = (await (await api.client.postMail(['bob@example.com'], 'Hello')).json()) as {
      readonly jobId: string;
    };
    expect(await (await api.client.get(`/v1/jobs/${jobId}`)).json()).toMatchObject({ state: 'queued' });

    await using worker = await startWorker(installation);

    expect(await api.client.job(jobId)).toMatchObject({ state: 'succeeded' });
    const [, healthUrl = ''] = await worker.until(/health at (http:\S+)/);
    expect(await (await fetch(`${healthUrl}/health/ready`)).json()).toMatchObject({
      status: 'ok',
      broker: { state: 'up' },
    });
  });

  test('a mail server that is down delays mail, and neither requests nor thumbnails', async () => {
    await using folder = await makeFolder();
    await using vhost = await openVhost();
    const installation: Installation = {
      dataDir: folder.path,
      amqpUrl: vhost.amqpUrl,
      smtpUrl: 'smtp://127.0.0.1:9',
    };
    await using api = await startApi(installation);
    await using worker = await startWorker(installation);

    const accepted = await api.client.postMail(['bob@example.com'], 'Hello');
    const { jobId } = (await accepted.json()) as { readonly jobId: string };
    await uploadAndLook(api.client, 'ann@example.com');
    const mail = await api.client.until<{
      readonly state: string;
      readonly failure?: { readonly code: string };
    }>(`/v1/jobs/${jobId}`, ({ state }) => state === 'retrying');

    expect(accepted.status).toBe(202);
    expect(mail.failure?.code).toBe('MAIL_DEFERRED');
    expect(worker.output()).not.toContain('127.0.0.1:9/');
  });
});
