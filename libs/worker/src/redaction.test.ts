import { inspect } from 'node:util';
import { deadLetter, defineJob, type JobHandler, type Logger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createBrokerDouble, createDelivery } from '../fixtures/broker-double.ts';
import { handle } from './handler/registration.ts';
import { createWorker } from './worker.ts';

/** Follows a redacted value of a payload through a worker: to its log, its events, its hooks and the messages that it sends. */

const CARD = '4111-1111-SECRET';

/** What a worker tells of a job with that card in its payload. */
async function tracesOf(handler: JobHandler, { redact = ['card.number'], clock = createManualClock() } = {}) {
  const { broker, consumers, events } = createBrokerDouble();
  const traces: unknown[] = [];
  const note = (...told: readonly unknown[]) => void traces.push(told);
  const logger: Logger = {
    debug: note,
    info: note,
    warn: note,
    error: note,
    child(fields) {
      note(fields);
      return logger;
    },
  };
  const payload = {
    '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) },
  };
  const definition = defineJob({ kind: 'k', queue: 'q', payload, redact });
  const hooks = { onAttemptFailed: note, onDeadLettered: note };
  const worker = createWorker({
    broker,
    clock,
    handlers: [handle(definition, handler)],
    logger,
    events: true,
    ...hooks,
  });
  await worker.start();
  const body = new TextEncoder().encode(JSON.stringify({ card: { number: CARD } }));
  const { delivery, fate } = createDelivery('a', { body });
  consumers[0]?.onDelivery(delivery);
  await expect.poll(fate).not.toBe('open');
  const settled = fate();
  await worker.stop(0);
  return { settled, all: inspect([traces, events, settled, JSON.stringify(settled)], { depth: 12 }) };
}

test('no log line, hook, event or message has a redacted value of a failed attempt', async () => {
  const { all } = await tracesOf(async () => {
    throw new Error(`card ${CARD} was declined`, { cause: new Error(`bank refused ${CARD}`) });
  });

  expect(all).toContain('card [redacted] was declined');
  expect(all).toContain('bank refused [redacted]');
  expect(all).not.toContain('SECRET');
});

test('no log line, hook, event or message has a redacted value of a dead-lettered job', async () => {
  const { all } = await tracesOf(async () => deadLetter(`no account for ${CARD}`));

  expect(all).toContain('no account for [redacted]');
  expect(all).not.toContain('SECRET');
});

test('no log line, event or child of the log has a redacted value of what a handler logs and reports', async () => {
  const clock = createManualClock();
  const handler: JobHandler = async ({ payload, log, progress }) => {
    log.info(
      { payload, card: { [CARD]: [CARD] }, err: new Error(`bank refused ${CARD}`) },
      `paying with ${CARD}`,
    );
    log.child({ card: CARD }).warn({}, 'declined');
    log.debug({ card: CARD }, 'tried');
    progress({ done: 0.5, text: `charging ${CARD}` });
    // Reports are gathered for a moment, and those of an attempt that has ended are dropped.
    await clock.advance(1_000);
  };

  const { all } = await tracesOf(handler, { clock });

  expect(all).toContain('paying with [redacted]');
  expect(all).toContain('bank refused [redacted]');
  expect(all).toContain('charging [redacted]');
  expect(all).not.toContain('SECRET');
});

test('a handler is given the true value, and the job is sent again with it', async () => {
  const seen: unknown[] = [];
  const { settled } = await tracesOf(async ({ payload }) => {
    seen.push(payload);
    throw new Error('try again');
  });

  expect(seen).toEqual([{ card: { number: CARD } }]);
  const { successor } = (settled as { settled: { successor?: { message: { body: Uint8Array } } } }).settled;
  expect(new TextDecoder().decode(successor?.message.body)).toContain(CARD);
});

test('values of other paths are not masked', async () => {
  const { all } = await tracesOf(
    async () => {
      throw new Error(`card ${CARD} was declined`);
    },
    { redact: ['other'] },
  );

  expect(all).toContain(`card ${CARD} was declined`);
});
