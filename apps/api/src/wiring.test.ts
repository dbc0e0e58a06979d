import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { startTcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { expect, onTestFinished, test } from 'vitest';
import { openDrivers } from './wiring.ts';

test.skipIf(!hasRabbitmq())('an API that may not declare its queues leaves no connection open', async () => {
  await using vhost = await openVhost();
  const owner = await createRabbitmqBroker({ urls: [vhost.amqpUrl], logger: silentLogger });
  await owner.close(500);
  const user = { name: `api-${vhost.name}`, password: 'secret' };
  await vhost.management.setUser(user.name, user.password);
  onTestFinished(() => vhost.management.deleteUser(user.name));
  await vhost.management.grant(vhost.name, user.name, { configure: '^$', write: '.*', read: '.*' });
  const url = Object.assign(new URL(vhost.amqpUrl), { username: user.name, password: user.password });
  await using proxy = await startTcpProxy(url.href);
  const folder = await mkdtemp(join(tmpdir(), 'leveret-api-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));

  const opening = openDrivers(
    {
      broker: { kind: 'rabbitmq', urls: [proxy.url] },
      storeFile: join(folder, 'leveret.db'),
      blobFolder: join(folder, 'blobs'),
    },
    silentLogger,
    systemClock,
  );

  await expect(opening).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
  await expect.poll(() => proxy.connectionCount()).toBe(0);
});
