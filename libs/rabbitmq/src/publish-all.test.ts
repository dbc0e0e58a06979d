import { LeveretError, type OutgoingMessage } from '@leveret/core';
import { expect, test } from 'vitest';
import type { JobPublisher } from './job-publisher.ts';
import { publishAll } from './publish-all.ts';

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

  await publishAll(jobs, messages);

  expect(counts).toMatchObject({ confirmed: 2_000, most: 512 });
});

test('a message that cannot be published for a reason of its own keeps no other back', async () => {
  const { jobs, counts } = makeJobs((id) =>
    id === '7' ? new LeveretError('TOPOLOGY_MISMATCH', 'otherwise') : undefined,
  );

  await expect(publishAll(jobs, messages)).rejects.toMatchObject({ code: 'TOPOLOGY_MISMATCH' });

  expect(counts.confirmed).toBe(1_999);
});

test('when the broker cannot be used, no more messages are sent', async () => {
  const { jobs, counts } = makeJobs(() => new LeveretError('BROKER_UNAVAILABLE', 'away'));

  await expect(publishAll(jobs, messages)).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });

  expect(counts.sent).toBe(512);
});
