import { join } from 'node:path';
import { startApp } from '@leveret/testing/processes';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { expect, test } from 'vitest';
import { makeFolder, startApi } from './start-apps.ts';

const LISTENS = /Leveret API listens at/;

/** An API process on RabbitMQ, with the ledger in `dataDir`. */
function startApiIn(dataDir: string, amqpUrl: string, env: Readonly<Record<string, string>> = {}) {
  const own = { LEVERET_DATA_DIR: dataDir, LEVERET_STORE_URL: join(dataDir, 'leveret.db'), PORT: '0' };
  return startApp({ entry: 'apps/api/dist/main.js', env: { ...own, LEVERET_AMQP_URL: amqpUrl, ...env } });
}

test.skipIf(!hasRabbitmq())(
  'an API with another ledger is refused; a namespace of its own is a way out, and so is to adopt its ledger',
  async () => {
    await using vhost = await openVhost();
    await using folder = await makeFolder();
    await using otherFolder = await makeFolder();
    const first = await startApi({ dataDir: folder.path, amqpUrl: vhost.amqpUrl, smtpUrl: 'capture:' });
    first.app.signal('SIGTERM');
    await first.app.exited;

    await using refused = startApiIn(otherFolder.path, vhost.amqpUrl);
    const { code } = await refused.exited;
    const [, ledgerId = ''] = /--adopt-ledger ([0-9a-f-]{36})"/.exec(refused.output()) ?? [];
    await using apart = startApiIn(otherFolder.path, vhost.amqpUrl, { LEVERET_NAMESPACE: 'apart' });
    await apart.until(LISTENS);
    await using init = startApp({
      entry: 'apps/cli/dist/main.js',
      args: ['init', '--adopt-ledger', ledgerId],
      env: { LEVERET_AMQP_URL: vhost.amqpUrl },
    });
    const { code: initCode } = await init.exited;
    await using adopted = startApiIn(otherFolder.path, vhost.amqpUrl);
    await adopted.until(LISTENS);

    expect([code, initCode]).toEqual([1, 0]);
    expect(refused.output()).toContain(
      'LEDGER_MISMATCH: Another ledger records the events of this namespace',
    );
    expect(refused.output()).toContain(
      'the events of the namespace "leveret" are recorded by another ledger',
    );
  },
);
