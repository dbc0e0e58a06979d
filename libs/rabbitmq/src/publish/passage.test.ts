import { LeveretError, type PublishOutcome } from '@leveret/core';
import { expect, test } from 'vitest';
import type { Publication } from '../codec/sending.ts';
import { createPassage } from './passage.ts';

const publication: Publication = {
  exchange: 'x',
  routingKey: 'k',
  body: new Uint8Array(),
  properties: { messageId: 'i' },
};
const errorOf = (code: 'BROKER_UNROUTABLE' | 'BROKER_UNAVAILABLE', outcome: PublishOutcome) =>
  new LeveretError(code, 'not confirmed', { details: { outcome } });
const returned = errorOf('BROKER_UNROUTABLE', 'not-stored');
const refused = errorOf('BROKER_UNAVAILABLE', 'not-stored');
const lost = errorOf('BROKER_UNAVAILABLE', 'unknown');

/** A passage whose sendings end as said: with an error, or confirmed. */
function makePassage(...outcomes: readonly (Error | undefined)[]) {
  const log: string[] = [];
  let sent = 0;
  const passage = createPassage({
    publisher: {
      async send({ properties }) {
        const error = outcomes[sent];
        sent += 1;
        log.push(properties.headers?.['leveret-resent'] === 1 ? `send copy ${sent}` : `send ${sent}`);
        if (error !== undefined) throw error;
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
  const { passage, log } = makePassage(returned, undefined);

  await passage.confirmed();

  expect(log).toEqual(['prepare', 'send 1', 'repair', 'prepare', 'send 2']);
});

test('a message that is returned twice is unroutable', async () => {
  const { passage } = makePassage(returned, returned);

  await expect(passage.confirmed()).rejects.toMatchObject({ code: 'BROKER_UNROUTABLE' });
});

test.each([
  ['the same message when the first one was not stored', refused, 'send 2'],
  ['a copy when the first one may be stored', lost, 'send copy 2'],
])('a repetition sends %s', async (_what, error, second) => {
  const { passage, log } = makePassage(error, undefined);

  await expect(passage.confirmed()).rejects.toBe(error);
  await passage.confirmed();

  expect(log).toEqual(['prepare', 'send 1', 'prepare', second]);
});

test('what may be stored once may be stored ever after', async () => {
  const { passage, log } = makePassage(lost, refused, undefined);

  await expect(passage.confirmed()).rejects.toBe(lost);
  await expect(passage.confirmed()).rejects.toBe(refused);
  await passage.confirmed();

  expect(log.filter((step) => step !== 'prepare')).toEqual(['send 1', 'send copy 2', 'send copy 3']);
});

test('a message that cannot be prepared is not stored', async () => {
  const passage = createPassage({
    publisher: { send: () => expect.unreachable(), idle: () => Promise.resolve() },
    prepare: () => Promise.reject(new LeveretError('BROKER_REFUSED', 'may not declare')),
    repair: () => Promise.resolve(),
  });

  await expect(passage.confirmed()).rejects.toMatchObject({
    code: 'BROKER_REFUSED',
    details: { outcome: 'not-stored' },
  });
});

test('calls at the same time are one', async () => {
  const { passage, log } = makePassage(undefined);

  await Promise.all([passage.confirmed(), passage.confirmed()]);

  expect(log).toEqual(['prepare', 'send 1']);
});
