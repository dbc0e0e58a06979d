import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { writeTogether } from './write-together.ts';

/** A stream that notes what each call of the system would send. */
function openStream() {
  const calls: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      calls.push(String(chunk));
      done();
    },
    writev(chunks, done) {
      calls.push(chunks.map(({ chunk }) => String(chunk)).join(''));
      done();
    },
  });
  writeTogether(stream);
  return { stream, calls };
}

/** Resolves when what is due in this turn is done. */
const endOfTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('what is written in one turn leaves together, in order, before the next', async () => {
  const { stream, calls } = openStream();

  for (const part of ['a', 'b', 'c']) stream.write(part);
  expect(calls).toEqual([]);
  await endOfTurn();
  expect(calls).toEqual(['abc']);

  stream.write('d');
  await endOfTurn();
  expect(calls).toEqual(['abc', 'd']);
});

test('what was written right before the end leaves before it', async () => {
  const { stream, calls } = openStream();
  const finished = new Promise<void>((resolve) => stream.once('finish', resolve));

  stream.write('a');
  stream.write('b');
  stream.end();
  await finished;

  expect(calls).toEqual(['ab']);
});

test('a writer is still told when to wait, and when to go on', async () => {
  const { stream } = openStream();
  const drained = new Promise<void>((resolve) => stream.once('drain', resolve));

  expect(stream.write('x'.repeat(stream.writableHighWaterMark))).toBe(false);

  await drained;
});
