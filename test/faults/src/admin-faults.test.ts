import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leveretAdmin } from '@leveret/admin';
import { createControl } from '@leveret/control';
import { silentLogger } from '@leveret/core';
import { createServerOptions } from '@leveret/http';
import { faultList, overview, verbsOf } from '@leveret/http-contract/admin';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createRecorder } from '@leveret/recorder';
import { createSqliteJobStore, openSqliteDatabase, openSqliteJobReader } from '@leveret/sqlite';
import { sampleEntry, sampleMessage, startTcpProxy, type TcpProxy } from '@leveret/testing';
import { type ControlledNode, hasServer, openVhost, startControlledNode } from '@leveret/testing/rabbitmq';
import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

const logger = silentLogger;
/** How soon a fault is there after its cause, and gone after its end, in milliseconds: 15 s are promised, a busy machine gets more. */
const SEEN_MS = 20_000;

/** An API process on RabbitMQ behind a proxy. */
async function serveAdmin(node: ControlledNode) {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-admin-faults-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'leveret.db');
  const vhost = await openVhost(node);
  onTestFinished(() => vhost[Symbol.asyncDispose]());
  const proxy = await startTcpProxy(vhost.amqpUrl);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const database = await openSqliteDatabase({ file, logger });
  onTestFinished(() => database.close());
  const store = createSqliteJobStore({ database });
  const broker = await createRabbitmqBroker({ urls: [proxy.url], logger });
  onTestFinished(() => broker.close(1_000));
  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  const control = createControl({ broker, store, reader, logger });
  onTestFinished(() => control.close());
  const recorder = createRecorder({ broker, store, logger });
  await recorder.start();
  onTestFinished(() => recorder.stop());
  const app = fastify(createServerOptions());
  const principal = { name: 'ann', role: 'viewer', kind: 'host', verbs: new Set(verbsOf('viewer')) } as const;
  await app.register(leveretAdmin, {
    ...{ broker, store, reader, control, recorder, logger, version: '0' },
    access: { resolvePrincipal: async () => principal },
  });
  onTestFinished(() => app.close());
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const read = async (path: string) => (await fetch(`${url}/v1/admin/${path}`)).json();
  return {
    store,
    recorder,
    proxy,
    kinds: async () => faultList.parse(await read('faults')).faults.map(({ kind }) => kind),
    broker: async () =>
      overview.parse(await read('overview')).dependencies.find(({ name }) => name === 'broker'),
  };
}

/** A fault of the broker: how it is made, and how it ends. */
interface BrokerFault {
  readonly kind: string;
  readonly state: string;
  readonly provoke: (proxy: TcpProxy, node: ControlledNode) => Promise<unknown>;
  readonly mend: (proxy: TcpProxy, node: ControlledNode) => Promise<unknown>;
}

describe.skipIf(!hasServer())('a broker of its own', () => {
  let node: ControlledNode;
  beforeAll(async () => {
    node = await startControlledNode();
  }, 120_000);
  afterAll(() => node[Symbol.asyncDispose]());

  test.each<BrokerFault>([
    {
      kind: 'broker-away',
      state: 'down',
      async provoke(proxy) {
        proxy.refuse(true);
        proxy.cut();
      },
      mend: async (proxy) => proxy.refuse(false),
    },
    {
      kind: 'broker-blocked',
      state: 'blocked',
      provoke: (_proxy, { control }) => control('set_disk_free_limit', '1000GB'),
      mend: (_proxy, { control }) => control('set_disk_free_limit', '200MB'),
    },
  ])(
    '$kind is there soon after its cause, is the only fault, and is gone soon after its end',
    async (fault) => {
      const { proxy, kinds, broker } = await serveAdmin(node);
      await expect.poll(kinds, { timeout: SEEN_MS }).toEqual([]);

      await fault.provoke(proxy, node);
      await expect.poll(kinds, { timeout: SEEN_MS }).toEqual([fault.kind]);
      expect(await broker()).toMatchObject({ state: fault.state, text: expect.any(String) });

      await fault.mend(proxy, node);
      await expect.poll(kinds, { timeout: SEEN_MS }).toEqual([]);
      expect(await broker()).toMatchObject({ state: 'up' });
    },
    120_000,
  );

  test('without a process that records and answers workers, recorder and control are away', async () => {
    const { recorder, kinds } = await serveAdmin(node);
    await expect.poll(kinds, { timeout: SEEN_MS }).toEqual([]);

    await recorder.stop();

    await expect.poll(kinds, { timeout: SEEN_MS }).toEqual(['recorder-away', 'control-away']);
  });

  test('a queue whose jobs no worker consumes is named, also when the broker does not have them', async () => {
    const { store, kinds } = await serveAdmin(node);
    await store.accept([sampleEntry({ ...sampleMessage('q'), createdAt: Date.now() })]);

    await expect.poll(kinds, { timeout: SEEN_MS }).toEqual(['no-worker']);
  });
});
