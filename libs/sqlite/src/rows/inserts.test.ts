import { expect, onTestFinished, test } from 'vitest';
import { openConnection } from '../file/libsql.ts';
import { createInserts } from './inserts.ts';

function setUp() {
  const connection = openConnection(':memory:');
  onTestFinished(() => connection.close());
  connection.exec(
    'CREATE TABLE t (seq INTEGER PRIMARY KEY AUTOINCREMENT, a INTEGER UNIQUE, b TEXT NOT NULL)',
  );
  const inserts = createInserts(connection, {
    table: 't',
    columns: 'a, b',
    onConflict: 'ON CONFLICT (a) DO UPDATE SET b = excluded.b',
  });
  const read = connection.prepare('SELECT a, b FROM t ORDER BY seq');
  return { inserts, rows: () => read.all() };
}

test.each([0, 1, 9, 10, 11, 25])('%d rows go in, each once and in their order', (count) => {
  const { inserts, rows } = setUp();
  const given = Array.from({ length: count }, (_, number) => [count - number, `text ${number}`] as const);

  for (const row of given) inserts.add(row);
  expect(rows()).toEqual([]);
  inserts.flush();
  inserts.flush();

  expect(rows()).toEqual(given);
});

test('what was to happen with one that is there already, happens', () => {
  const { inserts, rows } = setUp();

  for (let number = 0; number < 12; number += 1) inserts.add([number % 11, `text ${number}`]);
  inserts.flush();

  expect(rows()).toHaveLength(11);
  expect(rows()[0]).toEqual([0, 'text 11']);
});

test('nothing is left over from a failure, nor of what was discarded', () => {
  const { inserts, rows } = setUp();
  inserts.add([1, null]);
  expect(() => inserts.flush()).toThrow('NOT NULL');
  inserts.add([2, 'discarded']);
  inserts.discard();

  inserts.add([3, 'good']);
  inserts.flush();

  expect(rows()).toEqual([[3, 'good']]);
});

test('rows with and without the usual values go in, in their order', () => {
  const connection = openConnection(':memory:');
  onTestFinished(() => connection.close());
  connection.exec(
    'CREATE TABLE t (seq INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b INTEGER, c TEXT, d INTEGER)',
  );
  const usual = { a: 'normal', b: null, d: 0 };
  const inserts = createInserts(connection, { table: 't', columns: 'a, b, c, d', usual });
  const given = Array.from({ length: 60 }, (_, number) => {
    const text = `text ${number}`;
    if (number % 23 === 0) return ['normal', null, text, 1] as const;
    return number % 31 === 0 ? (['high', 5, text, 0] as const) : (['normal', null, text, 0] as const);
  });

  for (const row of given) inserts.add(row);
  inserts.flush();

  expect(connection.prepare('SELECT a, b, c, d FROM t ORDER BY seq').all()).toEqual(given);
});
