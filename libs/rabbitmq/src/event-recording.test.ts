import { type Broker, type JobEvent, systemClock } from '@leveret/core';
import { createInbox, startTcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { openRawChannel } from '../fixtures/raw-channel.ts';
import { makeMessage, openTestBroker } from '../fixtures/test-broker.ts';

function makeEvent(progress = 0.5): JobEvent {
  const { id: jobId, kind, queue } = makeMessage('work');
  return { type: 'progress', progress, jobId, kind, queue, attempt: 1, maxAttempts: 3, createdAt: 1, at: 1 };
}

async function recordInto(broker: Broker, refuse: (event: JobEvent) => boolean = () => false) {
  const inbox = createInbox<JobEvent>();
  await broker.recordEvents(async (events) => {
    if (events.some(refuse)) throw new Error('unfit');
    for (const event of events) inbox.put(event);
  });
  return inbox;
}

describe.skipIf(!hasRabbitmq())('recording events', () => {
  test('what is no event holds nothing up, and is kept as it came', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const [first, second] = [makeEvent(), makeEvent()];
    const unfit = ['no JSON', 'null', '[null]', JSON.stringify([{ ...first, jobId: 7 }, second])];
    for (const body of unfit) raw.publish('leveret.events', 'jobs', Buffer.from(body));
    // Answered behind what was published: what another connection sends now comes later.
    await raw.checkQueue('leveret.events.ledger');

    const inbox = await recordInto(broker);
    await broker.emit([first]);

    expect([await inbox.next(), await inbox.next()]).toEqual([second, first]);
    await expect
      .poll(async () => (await raw.checkQueue('leveret.unroutable')).messageCount)
      .toBe(unfit.length);
    const kept = await raw.get('leveret.unroutable', { noAck: true });
    expect(kept === false ? '' : kept.content.toString()).toBe('no JSON');
  });

  test('an event that cannot be recorded, although others can, is set aside', async () => {
    await using vhost = await openVhost();
    await using broker = await openTestBroker(vhost.amqpUrl);
    await using raw = await openRawChannel(vhost.amqpUrl);
    const [fit, unfit, fitToo] = [makeEvent(), makeEvent(), makeEvent()];
    await broker.emit([fit, unfit, fitToo]);

    const inbox = await recordInto(broker, ({ jobId }) => jobId === unfit.jobId);

    expect(await inbox.take(2)).toEqual([fit, fitToo]);
    await expect.poll(async () => (await raw.checkQueue('leveret.unroutable')).messageCount).toBe(1);
    const kept = await raw.get('leveret.unroutable', { noAck: true });
    expect(kept === false ? '' : JSON.parse(kept.content.toString())).toEqual([unfit]);
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
    await doomed.recordEvents(async (events) => events.forEach(inboxes[0].put));
    await other.recordEvents(async (events) => events.forEach(inboxes[1].put));
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
