import { once } from 'node:events';
import { type ConfirmChannel, connect } from 'amqplib';
import type { Baseline } from './subject.ts';

/** amqplib as its tutorial uses it: a confirm channel, a durable quorum queue, and one acknowledgement per message. */
export async function openAmqplibBaseline(url: string, queue: string): Promise<Baseline> {
  const publishing = await connect(url, { noDelay: true });
  const consuming = await connect(url, { noDelay: true });
  const channel = await publishing.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });

  return {
    enqueue: (body) => publishConfirmed(channel, queue, body),
    async drain(count, concurrency) {
      const receiving = await consuming.createChannel();
      await receiving.prefetch(concurrency);
      let left = count;
      await new Promise<void>((resolve, reject) => {
        receiving
          .consume(queue, (message) => {
            if (message === null) return reject(new Error('the consumer was cancelled'));
            receiving.ack(message);
            left -= 1;
            if (left === 0) resolve();
          })
          .catch(reject);
      });
      await receiving.close();
    },
    async listen(onMessage) {
      const receiving = await consuming.createChannel();
      await receiving.prefetch(1);
      await receiving.consume(queue, (message) => {
        if (message === null) return;
        onMessage();
        receiving.ack(message);
      });
      return () => receiving.close();
    },
    async close() {
      await channel.deleteQueue(queue);
      await publishing.close();
      await consuming.close();
    },
  };
}

async function publishConfirmed(channel: ConfirmChannel, queue: string, body: Uint8Array): Promise<void> {
  let hasRoom = true;
  const confirmed = new Promise<void>((resolve, reject) => {
    hasRoom = channel.sendToQueue(queue, Buffer.from(body), { persistent: true }, (error: unknown) => {
      if (error instanceof Error) reject(error);
      else resolve();
    });
  });
  if (!hasRoom) await once(channel, 'drain');
  await confirmed;
}
