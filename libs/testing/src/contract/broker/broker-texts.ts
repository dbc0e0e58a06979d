import { decodePayload, type JobEvent, knownEvents } from '@leveret/core';
import { expect, test } from 'vitest';
import { sampleMessage, succeeded } from '../sample-job.ts';
import { type BrokerBench, type BrokerUnderTest, consumeInto } from './broker-under-test.ts';

/** NUL ends a text in C, and half of a surrogate pair has no UTF-8. */
const ODD = 'before\0then\ud800after';
/** Each of them survives or is replaced by one character, and nothing is cut. */
const KEPT = /^before.then.after$/su;

/** The promise that no text is cut or lost for its characters. */
export function describeBrokerTexts(
  bench: () => BrokerBench,
  deadLetters: BrokerUnderTest['deadLetters'],
): void {
  test('NUL and lone surrogates in any text survive or are replaced', async () => {
    await using brokers = bench();
    const broker = await brokers.open();
    const queue = await brokers.openQueue();
    const message = { ...sampleMessage(queue, { text: ODD }), headers: { note: ODD } };
    await broker.publish([{ message, delayMs: 0 }]);
    const { inbox } = await consumeInto(broker, queue, 1);
    const delivery = await inbox.next();
    const events: JobEvent[] = [];
    const recording = await broker.recordEvents(async (entries) => void events.push(...knownEvents(entries)));

    const failure = { code: 'HANDLER_FAILED', message: ODD } as const;
    await delivery.settle({
      successor: { kind: 'dead-letter', message: delivery.message, failure },
      events: [{ ...succeeded(delivery.message), result: { text: ODD } }],
    });

    expect(delivery.message.headers['note']).toMatch(KEPT);
    expect(decodePayload(delivery.message.body)).toEqual({ text: ODD });
    const isOurs = (event: JobEvent) => event.jobId === message.id;
    await expect.poll(() => events.filter(isOurs)).toHaveLength(1);
    expect(events.find(isOurs)).toMatchObject({ result: { text: expect.stringMatching(KEPT) } });
    const [kept] = await deadLetters(queue);
    expect(kept?.failure.message).toMatch(KEPT);
    await recording.stop();
  });
}
