import { expect, test } from 'vitest';
import { createAckBatch } from './ack-batch.ts';

function makeBatch(tags: readonly number[]) {
  const sent: string[] = [];
  const turnEnds: (() => void)[] = [];
  const batch = createAckBatch({ ack: (tag, upTo) => sent.push(upTo ? `≤${tag}` : `${tag}`) }, (run) =>
    turnEnds.push(run),
  );
  for (const tag of tags) batch.delivered(tag);
  const endTurn = () => {
    for (const run of turnEnds.splice(0)) run();
  };
  return { batch, sent, endTurn };
}

test('deliveries that finish in one turn are acknowledged by one message', () => {
  const { batch, sent, endTurn } = makeBatch([1, 2, 3]);

  for (const tag of [2, 1, 3]) batch.ack(tag);
  endTurn();

  expect(sent).toEqual(['≤3']);
  expect(batch.unsettledCount()).toBe(0);
});

test('a slow delivery at the head is never acknowledged by the others', () => {
  const { batch, sent, endTurn } = makeBatch([1, 2, 3, 4]);

  for (const tag of [3, 2]) batch.ack(tag);
  endTurn();
  batch.ack(1);
  endTurn();

  expect(sent).toEqual(['3', '2', '≤1']);
  expect(batch.unsettledCount()).toBe(1);
});

test('a delivery is acknowledged once, however often it is asked for', () => {
  const { batch, sent, endTurn } = makeBatch([1, 2]);

  batch.ack(1);
  batch.ack(1);
  endTurn();
  batch.ack(1);
  endTurn();

  expect(sent).toEqual(['≤1']);
});

test('what was given back is not acknowledged, alone or with others', () => {
  const { batch, sent, endTurn } = makeBatch([1, 2, 3]);

  batch.forget(2);
  for (const tag of [1, 2, 3]) batch.ack(tag);
  endTurn();

  expect(sent).toEqual(['≤3']);
});
