import { statfsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canMountDisks, mountSmallDisk, type SmallDisk } from '@leveret/testing/machine';
import { expect, onTestFinished, test } from 'vitest';
import { outgoing } from '../fixtures/outgoing.ts';
import { type OpenDatabase, openDatabase } from '../fixtures/temporary-database.ts';

/** Fills the disk of a database: a file system of its own, for which the tests must run as root. */

const CAN_MOUNT = canMountDisks();

/** A message with a body of 4 kB. */
const large = (id: string) => outgoing(id, { payload: 'x'.repeat(4_000) });

async function smallDisk(sizeMebibytes: number): Promise<SmallDisk> {
  const disk = await mountSmallDisk(sizeMebibytes);
  onTestFinished(() => disk[Symbol.asyncDispose]());
  return disk;
}

/** Publishes until that is refused; resolves with how many were accepted, and the refusal. */
async function fill({ broker }: OpenDatabase) {
  for (let accepted = 0; ; accepted += 50) {
    try {
      await broker.publish(Array.from({ length: 50 }, (_, index) => large(`job-${accepted + index}`)));
    } catch (error) {
      return { accepted, error };
    }
  }
}

/** Works on the queue until all of `count` jobs are settled, each with an event that is recorded. */
async function workOff({ broker }: OpenDatabase, count: number): Promise<void> {
  let settled = 0;
  let recorded = 0;
  await broker.recordEvents(async (events) => {
    recorded += events.length;
  });
  const event = { type: 'succeeded', text: 'y'.repeat(500) } as never;
  const consumer = await broker.consume('q', {
    prefetch: 20,
    onDelivery(delivery) {
      delivery.settle({ events: [event] }).then(
        () => {
          settled += 1;
        },
        () => delivery.release(),
      );
    },
  });
  await expect.poll(() => settled, { timeout: 40_000 }).toBe(count);
  // Some twice, where there was no room to note that they were recorded.
  await expect.poll(() => recorded).toBeGreaterThanOrEqual(count);
  await consumer.stop();
}

test.skipIf(!CAN_MOUNT)(
  'when the disk is nearly full new jobs are refused, what was accepted is finished, and then there is room again',
  async () => {
    const one = await openDatabase(join((await smallDisk(40)).path, 'leveret.db'));

    const { accepted, error } = await fill(one);

    expect(error).toMatchObject({
      code: 'BROKER_BLOCKED',
      message: expect.stringContaining('nearly full'),
      details: { outcome: 'not-stored' },
    });
    const entry = { outgoing: large('entered'), maxAttempts: 1 };
    for (const isIdGiven of [false, true])
      await expect(one.store.accept([{ ...entry, isIdGiven }])).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      });
    const { message } = large('dead');
    const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;
    const kept = one.store.keepDeadLetters([{ message, failure, properties: '{}', isReturned: false }], 1);
    await expect(kept).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(one.broker.status()).toMatchObject({ state: 'blocked' });
    expect(one.store.status()).toMatchObject({ state: 'down', reason: expect.stringContaining('full') });
    expect(await one.broker.inspect(['q'])).toMatchObject([{ ready: accepted }]);

    await workOff(one, accepted);

    await expect.poll(() => one.broker.status()).toEqual({ state: 'up' });
    await one.broker.publish([large('again')]);
  },
);

test.skipIf(!CAN_MOUNT)(
  'when the disk is nearly full jobs are controlled and operations go on, but none is started',
  async () => {
    const one = await openDatabase(join((await smallDisk(40)).path, 'leveret.db'));
    const { store } = one;
    const jobIds = Array.from({ length: 200 }, (_, number) => `known-${number}`);
    await store.accept(jobIds.map((id) => ({ outgoing: outgoing(id), maxAttempts: 1 })));
    const request = { action: 'cancel', selection: 'all', by: 'ann' } as const;
    const { id: operationId } = await store.createOperation(request);
    await store.addToOperation(operationId, jobIds.slice(1));
    await store.runOperation(operationId);
    await fill(one);

    const [answer] = await store.control([{ action: 'cancel', jobId: 'known-0', by: 'ann' }]);
    const { operation } = await store.workOperation({ operationId, holder: 'a', leaseMs: 1, limit: 200 });

    expect([answer, operation]).toMatchObject([{ kind: 'done' }, { state: 'done', done: 199 }]);
    expect(await store.view({ instanceId: 'i', queues: ['q'], afterSeq: 0 })).toMatchObject({
      supersededCount: 200,
    });
    await expect(store.createOperation(request)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('nearly full'),
    });
  },
);

test.skipIf(!CAN_MOUNT)(
  'a process that starts on a disk with 2 MiB left finishes what there is',
  async () => {
    const disk = await smallDisk(40);
    const first = await openDatabase(join(disk.path, 'leveret.db'));
    const { accepted } = await fill(first);
    await first.database.close();
    const { bavail, bsize } = statfsSync(disk.path);
    await writeFile(join(disk.path, 'filler'), Buffer.alloc(bavail * bsize - 2 * 1024 * 1024));

    const second = await openDatabase(join(disk.path, 'leveret.db'));

    await expect.poll(() => second.broker.status()).toMatchObject({ state: 'blocked' });
    expect(await second.broker.inspect(['q'])).toMatchObject([{ ready: accepted }]);
    await workOff(second, accepted);
  },
);

test.skipIf(!CAN_MOUNT)(
  'a process that starts on a disk without any room finishes what there is, and takes new jobs when there is room',
  async () => {
    const disk = await smallDisk(40);
    const first = await openDatabase(join(disk.path, 'leveret.db'));
    const { accepted } = await fill(first);
    await first.database.close();
    const makeRoom = await disk.fill();
    expect(statfsSync(disk.path).bavail).toBe(0);

    const second = await openDatabase(join(disk.path, 'leveret.db'));

    await expect.poll(() => second.broker.status()).toMatchObject({ state: 'blocked' });
    expect(await second.broker.inspect(['q'])).toMatchObject([{ ready: accepted }]);
    await workOff(second, accepted);
    await makeRoom();
    await expect.poll(() => second.broker.status()).toEqual({ state: 'up' });
    await second.broker.publish([outgoing('after')]);
  },
);

test.skipIf(!CAN_MOUNT)('a new file on a disk without any room is refused with words', async () => {
  const disk = await smallDisk(4);
  await disk.fill();

  await expect(openDatabase(join(disk.path, 'leveret.db'))).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringMatching(/leveret\.db: the disk has 0\.0 MiB left, .* free some room/),
  });
});

test.skipIf(!CAN_MOUNT)(
  'on a disk without any room reads are answered, and writing goes on when there is some',
  async () => {
    const disk = await smallDisk(5);
    const { broker, store, database } = await openDatabase(join(disk.path, 'leveret.db'));
    const other = await openDatabase(join(disk.path, 'leveret.db'));
    await store.accept([{ outgoing: large('job'), maxAttempts: 1 }]);
    const makeRoom = await disk.fill();

    const writeAndRead = async () => {
      const written = database.call('emit', JSON.stringify(['z'.repeat(400_000)]), 1);
      const read = store.get('job');
      expect(await read).toMatchObject({ id: 'job' });
      await written;
    };
    const fillUp = async () => {
      for (;;) await writeAndRead();
    };
    await expect(fillUp()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('full'),
    });
    expect(await store.get('job')).toMatchObject({ id: 'job' });
    expect(await store.view({ instanceId: 'i', queues: ['q'], afterSeq: 0 })).toMatchObject({
      isComplete: true,
    });
    await makeRoom();

    await expect.poll(() => broker.status()).toEqual({ state: 'up' });
    await other.broker.publish([outgoing('after')]);
  },
);
