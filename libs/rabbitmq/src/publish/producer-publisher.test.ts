import { LeveretError, type OutgoingMessage } from '@leveret/core';
import { expect, test } from 'vitest';
import type { JobPublisher } from './job-publisher.ts';
import { createProducerPublisher } from './producer-publisher.ts';

const messages = Array.from({ length: 2_000 }, (_, n) => ({
  message: { id: `${n}`, kind: 'a.b', queue: 'q', body: new Uint8Array(), headers: {} },
  delayMs: 0,
})) as unknown as readonly OutgoingMessage[];

/** Jobs that are confirmed a turn later, unless `refuse` says why not. */
function makeJobs(refuse: (id: string) => Error | undefined) {
  const counts = { sent: 0, onTheirWay: 0, most: 0, confirmed: 0 };
  const send: JobPublisher['send'] = ({ message }) => ({
    async confirmed() {
      counts.sent += 1;
      counts.onTheirWay += 1;
      counts.most = Math.max(counts.most, counts.onTheirWay);
      await new Promise((resolve) => setImmediate(resolve));
      counts.onTheirWay -= 1;
      const error = refuse(message.id);
      if (error !== undefined) throw error;
      counts.confirmed += 1;
    },
  });
  return { jobs: { send } as JobPublisher, counts };
}

test('however many messages are published, few are on their way at a time', async () => {
  const { jobs, counts } = makeJobs(() => undefined);

  await createProducerPublisher(jobs).publish(messages);

  expect(counts).toMatchObject({ confirmed: 2_000, most: 512 });
});

test('a message that cannot be published for a reason of its own keeps no other back', async () => {
  const { jobs, counts } = makeJobs((id) =>
    id === '7' ? new LeveretError('TOPOLOGY_MISMATCH', 'otherwise') : undefined,
  );

  await expect(createProducerPublisher(jobs).publish(messages)).rejects.toMatchObject({
    code: 'TOPOLOGY_MISMATCH',
  });

  expect(counts.confirmed).toBe(1_999);
});

test('when the broker cannot be used, no more messages are sent', async () => {
  const { jobs, counts } = makeJobs(() => new LeveretError('BROKER_UNAVAILABLE', 'away'));

  await expect(createProducerPublisher(jobs).publish(messages)).rejects.toMatchObject({
    code: 'BROKER_UNAVAILABLE',
  });

  expect(counts.sent).toBe(512);
});

test('a run that is in flight is not sent again: both calls settle with its outcome', async () => {
  const { jobs, counts } = makeJobs((id) => (id === '1' ? new Error('lost') : undefined));
  const { publish } = createProducerPublisher(jobs);
  const some = messages.slice(0, 3);

  const outcomes = await Promise.allSettled([publish(some), publish(some), publish(some.slice(1, 2))]);
  const before = counts.sent;
  await publish(some.slice(0, 1));

  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect([before, counts.sent]).toEqual([3, 4]);
});

test('when one of many is stored, or may be, nobody is told that nothing is', async () => {
  const refuse = (outcome: string) => new LeveretError('BROKER_BLOCKED', outcome, { details: { outcome } });
  const outcomeOf = async (...given: readonly (Error | undefined)[]) => {
    const { publish } = createProducerPublisher(makeJobs((id) => given[Number(id)]).jobs);
    const error: unknown = await publish(messages.slice(0, given.length)).catch((reason: unknown) => reason);
    return error instanceof LeveretError && error.details['outcome'];
  };

  expect(await outcomeOf(refuse('not-stored'), refuse('not-stored'))).toBe('not-stored');
  expect(await outcomeOf(refuse('not-stored'), undefined)).toBe('unknown');
  expect(await outcomeOf(refuse('not-stored'), refuse('unknown'))).toBe('unknown');
});
