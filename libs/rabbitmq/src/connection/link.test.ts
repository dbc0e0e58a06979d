import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createLink } from './link.ts';

function setUp() {
  const clock = createManualClock();
  const ends: string[] = [];
  const link = createLink(clock, (why) => ends.push(why));
  return { clock, link, ends };
}

test('two requests in a row that are not answered end the connection', async () => {
  const { clock, link, ends } = setUp();

  link.noteSilence('the first', 0);
  await clock.advance(15_000);
  link.noteSilence('the second', clock.monotonic());

  expect(ends).toEqual(['the second']);
});

test('requests that are silent together, such as those to the lanes of one queue, are one', async () => {
  const { clock, link, ends } = setUp();
  const askedAt = clock.monotonic();
  await clock.advance(15_000);

  for (const lane of ['high', 'normal', 'low']) link.noteSilence(lane, askedAt);

  expect(ends).toEqual([]);
});

test('an answer in between tells that the connection is well', async () => {
  const { clock, link, ends } = setUp();

  link.noteSilence('the first', 0);
  link.noteAnswer();
  await clock.advance(15_000);
  link.noteSilence('the second', clock.monotonic());

  expect(ends).toEqual([]);
});
