import { expect, onTestFinished, test } from 'vitest';
import { openConnection } from '../../file/libsql.ts';
import { migrate } from '../../file/schema/schema.ts';
import { createSupersededEntries } from './superseded-entries.ts';

function open() {
  const connection = openConnection(':memory:');
  onTestFinished(() => connection.close());
  migrate(connection);
  const entries = createSupersededEntries(connection);
  const countOf = (...queues: readonly string[]) =>
    entries.view({ instanceId: 'i', queues, afterSeq: 0 }).supersededCount;
  return { entries, countOf };
}

test('the number of entries of a queue follows what is added, entered anew, forgotten and purged', () => {
  const { entries, countOf } = open();
  const add = (jobId: string, queue: string, untilAt: number) =>
    entries.add({ jobId, generation: 0, queue, untilAt });

  add('a', 'mail', 1);
  add('b', 'mail', 3);
  add('c', 'video', 3);
  add('a', 'mail', 2);
  expect([countOf('mail'), countOf('video'), countOf('mail', 'video'), countOf('other')]).toEqual([
    2, 1, 3, 0,
  ]);

  entries.forget([{ jobId: 'b', generation: 0 }]);
  entries.forget([{ jobId: 'b', generation: 0 }]);
  expect(countOf('mail')).toBe(1);

  add('a', 'video', 2);
  entries.purge(2);
  expect([countOf('mail'), countOf('video')]).toEqual([0, 1]);
});
