import { inspect } from 'node:util';
import { knownEvents } from '@leveret/core';
import { createInbox, startTcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost, type Permissions } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { keepLines } from '../../fixtures/log-lines.ts';
import { consumeInto, makeMessage, openTestBroker, publishOne, readOne } from '../../fixtures/test-broker.ts';
import { createRabbitmqBroker } from '../broker.ts';

/** What has to be percent-encoded, and what is more than ASCII. */
const PASSWORD = 'pä:ss/w@rd %25#ö';
const ALL: Permissions = { configure: '.*', write: '.*', read: '.*' };

/** A virtual host and a user of its own, who may do no more than `permissions` say. */
async function openBench(permissions: Permissions = ALL) {
  const vhost = await openVhost();
  const user = `jürgen@${vhost.name}`;
  await vhost.management.setUser(user, PASSWORD);
  await vhost.management.grant(vhost.name, user, permissions);
  const { host } = new URL(vhost.amqpUrl);
  return {
    vhost,
    user,
    urlWith: (password: string) =>
      `amqp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}/${vhost.name}`,
    async [Symbol.asyncDispose]() {
      await vhost.management.deleteUser(user);
      await vhost[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(!hasRabbitmq())('a login', () => {
  test('is percent-decoded, whatever it holds', async () => {
    await using bench = await openBench();
    await using broker = await openTestBroker(bench.urlWith(PASSWORD));

    expect(broker.status()).toEqual({ state: 'up' });
  });

  test('that is refused says so at once, and tells no password', async () => {
    await using bench = await openBench();
    const { logger, lines, fields } = keepLines();

    const error: unknown = await createRabbitmqBroker({ urls: [bench.urlWith('wröng')], logger }).catch(
      (thrown: unknown) => thrown,
    );

    expect(error).toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringMatching(/: the broker refused the login: correct user and password$/),
    });
    const told = inspect([error, lines, fields], { depth: 10 });
    for (const secret of ['wröng', encodeURIComponent('wröng')]) expect(told).not.toContain(secret);
  });

  test('that is refused when the connection is made again is told by the status and logged once, until it is taken again', async () => {
    await using bench = await openBench();
    const { logger, lines } = keepLines();
    await using proxy = await startTcpProxy(bench.urlWith(PASSWORD));
    const broker = await createRabbitmqBroker({ urls: [proxy.url], logger });
    const refusals = () => lines.filter((line) => line.startsWith('the broker refuses the connection'));

    await bench.vhost.management.setUser(bench.user, 'another');
    proxy.cut();
    await expect
      .poll(() => broker.status())
      .toMatchObject({
        state: 'down',
        reason: expect.stringContaining('the broker refused the login'),
      });
    await expect.poll(() => refusals().length).toBe(2);
    await bench.vhost.management.setUser(bench.user, PASSWORD);
    await expect.poll(() => broker.status().state).toBe('up');
    await broker.close(0);

    // One for the connection that publishes, one for the one that consumes.
    expect(refusals().length).toBe(2);
  }, 60_000);
});

describe.skipIf(!hasRabbitmq())('a user that may not declare', () => {
  const READ_AND_WRITE: Permissions = { configure: '', write: '.*', read: '.*' };

  test('works with what is there', async () => {
    await using bench = await openBench(READ_AND_WRITE);
    await using admin = await openTestBroker(bench.vhost.amqpUrl);
    await publishOne(admin, 'work');

    await using broker = await openTestBroker(bench.urlWith(PASSWORD));
    const message = { ...makeMessage('work'), attempt: 2 };
    await broker.publish([{ message, delayMs: 100 }]);
    const recorded = createInbox<string>();
    await broker.recordEvents(async (entries) => {
      for (const { jobId } of knownEvents(entries)) recorded.put(jobId);
    });
    const { id: jobId, kind, queue } = message;
    await broker.emit([
      { type: 'handed-back', jobId, kind, queue, attempt: 1, maxAttempts: 3, createdAt: 1, at: 1 },
    ]);
    const inbox = await consumeInto(broker, 'work');

    expect(await readOne(inbox)).not.toBe(message.id);
    expect(await readOne(inbox)).toBe(message.id);
    expect(await recorded.next()).toBe(message.id);
  });

  test('is told what is missing, and what to run', async () => {
    await using bench = await openBench(READ_AND_WRITE);

    await expect(createRabbitmqBroker({ urls: [bench.urlWith(PASSWORD)] })).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringMatching(
        /exchange leveret\.unroutable, queue leveret\.unroutable.*"leveret init"/,
      ),
    });
  });

  test('is told of the queue that is missing, and works on with others', async () => {
    await using bench = await openBench(READ_AND_WRITE);
    await using admin = await openTestBroker(bench.vhost.amqpUrl);
    await publishOne(admin, 'work');
    await using broker = await openTestBroker(bench.urlWith(PASSWORD));

    await expect(broker.declare(['other'])).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringContaining(
        'queue leveret.dead.other, queue leveret.q.other.high, queue leveret.q.other,',
      ),
    });
    await publishOne(broker, 'work');

    expect(await admin.inspect(['work', 'other'])).toMatchObject([{ ready: 2 }, { ready: 0 }]);
  });

  test('and may not write either, is refused when it publishes', async () => {
    await using bench = await openBench({ configure: '', write: '', read: '.*' });
    await using admin = await openTestBroker(bench.vhost.amqpUrl);
    await publishOne(admin, 'work');
    await using broker = await openTestBroker(bench.urlWith(PASSWORD));

    await expect(publishOne(broker, 'work')).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringContaining('amq.default'),
    });
    expect(broker.status()).toEqual({ state: 'up' });
  });
});
