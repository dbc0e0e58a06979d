import { LeveretError } from '@leveret/core';
import { expect, test } from 'vitest';
import { createPassage } from './passage.ts';
import type { Publication } from './sending.ts';

const publication: Publication = {
  exchange: 'x',
  routingKey: 'k',
  body: new Uint8Array(),
  properties: { messageId: 'i' },
};
const returned = new LeveretError('BROKER_UNROUTABLE', 'nothing is bound');
const late = new LeveretError('BROKER_UNAVAILABLE', 'not confirmed within 2 s');

/** A passage whose sendings end as said: an error, or undefined when they are confirmed. */
function makePassage(
  ...outcomes: readonly (readonly { readonly error?: Error; readonly isLost?: boolean }[])[]
) {
  const log: string[] = [];
  let sent = 0;
  const passage = createPassage({
    publisher: {
      send() {
        const steps = [...(outcomes[sent] ?? [])];
        sent += 1;
        log.push(`send ${sent}`);
        let hasFailed = false;
        return {
          hasFailed: () => hasFailed,
          async confirmed() {
            const step = steps.shift();
            hasFailed = step?.isLost ?? false;
            if (step?.error !== undefined) throw step.error;
          },
        };
      },
      idle: () => Promise.resolve(),
    },
    prepare: () => {
      log.push('prepare');
      return Promise.resolve(publication);
    },
    repair: () => {
      log.push('repair');
      return Promise.resolve();
    },
  });
  return { passage, log };
}

test('a returned message is published once more, after its way was repaired', async () => {
  const { passage, log } = makePassage([{ error: returned, isLost: true }], [{}]);

  await passage.confirmed();

  expect(log).toEqual(['prepare', 'send 1', 'repair', 'prepare', 'send 2']);
});

test('a message that is returned twice is unroutable', async () => {
  const { passage } = makePassage([{ error: returned, isLost: true }], [{ error: returned, isLost: true }]);

  await expect(passage.confirmed()).rejects.toMatchObject({ code: 'BROKER_UNROUTABLE' });
});

test('a repetition waits for the message that is on its way', async () => {
  const { passage, log } = makePassage([{ error: late }, {}]);

  await expect(passage.confirmed()).rejects.toBe(late);
  await passage.confirmed();

  expect(log).toEqual(['prepare', 'send 1']);
});

test('a repetition sends another copy when the first one is known to be lost', async () => {
  const { passage, log } = makePassage([{ error: late, isLost: true }], [{}]);

  await expect(passage.confirmed()).rejects.toBe(late);
  await passage.confirmed();

  expect(log).toEqual(['prepare', 'send 1', 'prepare', 'send 2']);
});

test('calls at the same time are one', async () => {
  const { passage, log } = makePassage([{}]);

  await Promise.all([passage.confirmed(), passage.confirmed()]);

  expect(log).toEqual(['prepare', 'send 1']);
});
