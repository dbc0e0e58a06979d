import { type Delivery, type OutgoingMessage, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { type FakeChannel, makeFakeChannel, makeFakeConnection } from '../../fixtures/fake-amqp.ts';
import { NAMES } from '../../fixtures/names.ts';
import type { Connection } from '../connection/connection.ts';
import type { JobPublisher } from '../publish/job-publisher.ts';
import type { Topology } from '../topology/topology.ts';
import { createConsumer } from './consumer.ts';
import { createSettlements } from './settlements.ts';

const first = { properties: { messageId: '01900000-0000-7000-8000-000000000000', type: 'a.b' } };
const again = { ...first, redelivered: true };
const early = { properties: { ...first.properties, headers: { 'leveret-delay-left-ms': 5_000 } } };

/** A consumer one of whose lanes is given `channels`, one after the other; its successors fail as often as said. */
async function makeBench(channels: readonly FakeChannel[], failures = 0) {
  const clock = createManualClock();
  const sent: OutgoingMessage[] = [];
  let failuresLeft = failures;
  const send: JobPublisher['send'] = (outgoing) => {
    sent.push(outgoing);
    return {
      confirmed() {
        failuresLeft -= 1;
        return failuresLeft >= 0 ? Promise.reject(new Error('blocked')) : Promise.resolve();
      },
    };
  };
  const jobs = { send } as JobPublisher;
  const events = { emit: () => ({ confirmed: () => Promise.resolve() }) };
  const [own, ...later] = channels;
  const lanes = [...(own === undefined ? [] : [own]), makeFakeChannel(), makeFakeChannel()];
  const amqp = makeFakeConnection([...lanes, ...later]);
  const deliveries: Delivery[] = [];
  const consumer = createConsumer({
    queue: 'q',
    names: NAMES,
    priority: 0,
    prefetch: 5,
    onDelivery: (delivery) => deliveries.push(delivery),
    connection: { whenUp: () => Promise.resolve(amqp) } as unknown as Connection,
    topology: { declareQueue: () => Promise.resolve(), forget: () => undefined } as unknown as Topology,
    jobs,
    settlements: createSettlements({ jobs, events, clock }),
    clock,
    random: () => 0,
    logger: silentLogger,
  });
  const started = consumer.start();
  await turn();
  for (const lane of lanes) lane.startConsuming();
  await started;
  return { clock, sent, deliveries };
}

/** Lets what was begun go as far as it can. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('an early job that cannot be sent on stays in hand, and is sent on once', async () => {
  const channel = makeFakeChannel();
  const { clock, sent, deliveries } = await makeBench([channel], 2);

  channel.deliver(1, early);
  await clock.advance(2_000);
  await turn();

  expect(sent.map(({ delayMs }) => delayMs)).toEqual([5_000]);
  expect(channel.log.filter((line) => line.startsWith('ack'))).toEqual(['ack up to 1']);
  expect(deliveries).toEqual([]);
});

test('a delivery that comes again while it is being settled is not handed out, and acknowledged with it', async () => {
  const [lost, next] = [makeFakeChannel(), makeFakeChannel()];
  const { clock, deliveries } = await makeBench([lost, next], 1);
  lost.deliver(1, first);
  const [delivery] = deliveries;
  const retry = {
    successor: { kind: 'requeue', message: { ...(delivery as Delivery).message, attempt: 2 }, delayMs: 0 },
    events: [],
  } as const;
  await expect(delivery?.settle(retry)).rejects.toThrow('blocked');

  lost.lose('cut');
  await turn();
  await clock.advance(0);
  await turn();
  next.startConsuming();
  await turn();
  next.deliver(1, again);
  await delivery?.settle(retry);
  await turn();

  expect(deliveries.length).toBe(1);
  expect(next.log.slice(2)).toEqual(['ack up to 1']);
});

test('a job whose acknowledgement was lost with its channel does not run again', async () => {
  const [lost, next] = [makeFakeChannel(), makeFakeChannel()];
  const { clock, deliveries } = await makeBench([lost, next]);
  lost.deliver(1, first);
  await deliveries[0]?.settle({ events: [] });

  lost.lose('cut');
  await turn();
  await clock.advance(0);
  await turn();
  next.startConsuming();
  await turn();
  next.deliver(1, again);
  await turn();

  expect(deliveries.length).toBe(1);
  expect(next.log.slice(2)).toEqual(['ack up to 1']);
});

test('a job that is sent anew as the same attempt and released elsewhere runs: nothing was lost of its namesake here', async () => {
  const channel = makeFakeChannel();
  const { deliveries } = await makeBench([channel]);
  channel.deliver(1, first);
  await deliveries[0]?.settle({ events: [] });

  channel.deliver(2, again);
  await turn();

  expect(deliveries.length).toBe(2);
});

test('a job that is sent anew as the same attempt runs, also when its delivery is repeated', async () => {
  const channel = makeFakeChannel();
  const { deliveries } = await makeBench([channel]);
  channel.deliver(1, first);
  await deliveries[0]?.settle({ events: [] });

  channel.deliver(2, first);
  deliveries[1]?.release();
  channel.deliver(3, again);
  await deliveries[2]?.settle({ events: [] });
  await turn();

  expect(deliveries.length).toBe(3);
  expect(channel.log.slice(2)).toEqual(['give back 2', 'ack up to 3']);
});
