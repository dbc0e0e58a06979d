import { hasServer, startControlledNode } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { makeFolder, startApi, startWorker } from './start-apps.ts';

/** What `GET /health/ready` answers. */
interface Readiness {
  readonly status: string;
  readonly dependencies: { readonly broker: { readonly state: string; readonly code?: string } };
}

describe.skipIf(!hasServer())('a broker of its own', () => {
  test('that is blocked by an alarm, or down, is named by /health/ready with its code, and the API takes jobs on meanwhile', async () => {
    await using node = await startControlledNode();
    await using folder = await makeFolder();
    const installation = { dataDir: folder.path, amqpUrl: node.amqpUrl, smtpUrl: 'smtp://127.0.0.1:9' };
    await using api = await startApi(installation);
    await using worker = await startWorker(installation, ['--queues', 'mail']);
    const [, workerUrl = ''] = await worker.until(/health at (http:\S+)/);
    const becomes = (wanted: string) =>
      api.client.until<Readiness>(
        '/health/ready',
        ({ dependencies }) => dependencies.broker.state === wanted,
      );
    const workerAnswers = async () => {
      const response = await fetch(`${workerUrl}/health/ready`);
      return { code: response.status, body: await response.json() };
    };
    const acceptedWith = async (subject: string) =>
      (await api.client.postMail(['bob@example.com'], subject)).status;
    await becomes('up');

    // A broker says that it is blocked with the next message that it is sent.
    await node.control('set_vm_memory_high_watermark', '0.00001');
    expect(await acceptedWith('during a memory alarm')).toBe(202);
    const lowMemory = await becomes('blocked');
    await node.control('set_vm_memory_high_watermark', 'absolute', '1GB');
    await becomes('up');
    await node.control('set_disk_free_limit', '1000GB');
    expect(await acceptedWith('during a disk alarm')).toBe(202);
    const lowDisk = await becomes('blocked');
    await node.control('set_disk_free_limit', '200MB');
    await becomes('up');
    await node.stopServer();
    const down = await becomes('down');
    expect(await acceptedWith('without a broker')).toBe(202);

    for (const alarm of [lowMemory, lowDisk])
      expect(alarm).toMatchObject({
        status: 'ready',
        dependencies: { broker: { state: 'blocked', code: 'BROKER_BLOCKED' }, store: { state: 'up' } },
      });
    expect(down).toMatchObject({
      status: 'ready',
      dependencies: { broker: { state: 'down', code: 'BROKER_UNAVAILABLE' }, store: { state: 'up' } },
    });
    for (const answer of [lowMemory, lowDisk, down])
      expect(JSON.stringify(answer)).not.toContain(new URL(node.amqpUrl).port);
    await expect.poll(workerAnswers).toMatchObject({
      code: 503,
      body: { status: 'unavailable', broker: { state: 'down', code: 'BROKER_UNAVAILABLE' } },
    });
    await node.start();
    await becomes('up');
    await expect.poll(workerAnswers).toMatchObject({ code: 200 });
  });
});
