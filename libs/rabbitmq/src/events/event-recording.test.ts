import { type JobEvent, knownEvents, systemClock } from '@leveret/core';
import { createInbox, startTcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { openRawChannel } from '../../fixtures/raw-channel.ts';
import { makeMessage, openTestBroker } from '../../fixtures/test-broker.ts';

function makeEvent(progress = 0.5): JobEvent {
  const { id: jobId, kind, queue } = makeMessage('work');
  return { type: 'progress', progress, jobId, kind, queue, attempt: 1, maxAttempts: 3, createdAt: 1, at: 1 };
}

describe.skipIf(!hasRabbitmq())('recording events', () => {
  test('what is no list of events is handed on as one entry, its text, and holds nothing up', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const event = makeEvent();
    const strange = ['no JSON', 'null', '[null,7]', '"[]"'];
    for (const body of strange) raw.publish('leveret.events', 'jobs', Buffer.from(body));
    // Answered behind what was published: what another connection sends now comes later.
    await raw.checkQueue('leveret.events.ledger');
    const inbox = createInbox<unknown>();

    await broker.recordEvents(async (entries) => entries.forEach(inbox.put));
    await broker.emit([event]);

    expect(await inbox.take(6)).toEqual(['no JSON', 'null', null, 7, '"[]"', event]);
    await expect.poll(async () => (await raw.checkQueue('leveret.events.ledger')).messageCount).toBe(0);
  });

  test('events are given in batches that a recorder can bear', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    const payload = 'x'.repeat(100_000);
    const events = Array.from(
      { length: 12 },
      (): JobEvent => ({ ...makeEvent(), type: 'accepted', delayMs: 0, payload }),
    );
    await broker.emit(events);
    const sizes: number[] = [];

    await broker.recordEvents(async (entries) => void sizes.push(entries.length));

    await expect.poll(() => sizes.reduce((sum, size) => sum + size, 0)).toBe(12);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4);
  });

  test('a recorder that stops ends its batch before the next one begins', async () => {
    await using vhost = await openVhost();
    await using one = await openTestBroker(vhost.amqpUrl);
    await using other = await openTestBroker(vhost.amqpUrl);
    const log = createInbox<string>();
    let finish: () => void = () => undefined;
    const first = await one.recordEvents(async () => {
      log.put('one begins');
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      log.put('one ends');
    });
    await one.emit([makeEvent()]);
    const begun = await log.next();
    await other.recordEvents(async () => log.put('other begins'));

    const stopping = first.stop();
    await one.emit([makeEvent()]);
    finish();
    await stopping;

    expect([begun, ...(await log.take(2))]).toEqual(['one begins', 'one ends', 'other begins']);
  });

  test('when the connection of the active recorder is lost, the next one takes over within five seconds', async ({
    annotate,
  }) => {
    await using vhost = await openVhost();
    await using proxy = await startTcpProxy(vhost.amqpUrl);
    await using doomed = await openTestBroker(proxy.url);
    await using other = await openTestBroker(vhost.amqpUrl);
    const inboxes = [createInbox<JobEvent>(), createInbox<JobEvent>()] as const;
    await doomed.recordEvents(async (entries) => knownEvents(entries).forEach(inboxes[0].put));
    await other.recordEvents(async (entries) => knownEvents(entries).forEach(inboxes[1].put));
    const [before, after] = [makeEvent(), makeEvent()];
    await other.emit([before]);
    const first = await inboxes[0].next();

    const lostAt = systemClock.monotonic();
    proxy.refuse(true);
    proxy.cut();
    await other.emit([after]);
    // What the first had in hand comes again.
    let taken = await inboxes[1].next();
    if (taken.jobId === before.jobId) taken = await inboxes[1].next();
    const tookMs = systemClock.monotonic() - lostAt;

    expect([first, taken]).toEqual([before, after]);
    expect(tookMs).toBeLessThan(5_000);
    await annotate(`the next recorder had its first event ${tookMs.toFixed(0)} ms after the loss`);
  });

  test('a great many large events go in several messages', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const events = Array.from({ length: 8 }, () => ({
      ...makeEvent(),
      type: 'accepted' as const,
      delayMs: 0,
      payload: 'x'.repeat(100_000),
    }));

    await broker.emit(events);

    expect((await raw.checkQueue('leveret.events.ledger')).messageCount).toBe(4);
  });
});
