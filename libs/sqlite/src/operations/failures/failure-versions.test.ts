import type { JobEvent } from '@leveret/core';
import { sampleMessage, started } from '@leveret/testing';
import { expect, onTestFinished, test } from 'vitest';
import { freshFile, openDatabase } from '../../../fixtures/temporary-database.ts';
import { openConnection } from '../../file/libsql.ts';
import { migrate } from '../../file/schema/schema.ts';
import { FAILURE_VERSION_TABLES } from '../../file/schema/tables/failures/failure-versions.ts';
import { createFailureVersions } from './failure-versions.ts';

const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;

test('a version that is known to be stored costs no statement, until that is forgotten', () => {
  const connection = openConnection(':memory:');
  onTestFinished(() => connection.close());
  migrate(connection);
  const versions = createFailureVersions(connection);
  const noted = { fingerprint: 'f', version: '1.0', at: 1 };
  const count = connection.prepare('SELECT count(*) FROM failure_version');
  const countNow = () => Number(count.get()?.[0]);

  versions.note(noted);
  connection.exec('DELETE FROM failure_version');
  versions.note(noted);
  expect(countNow()).toBe(0);

  versions.forgetStored();
  versions.note(noted);
  expect(countNow()).toBe(1);
});

test('a version that was rolled back with its failure is stored with the next one', async () => {
  const file = await freshFile();
  const { store } = await openDatabase(file);
  const [good, bad] = [sampleMessage('q'), sampleMessage('q')];
  const failed = (message: typeof good): JobEvent => ({
    ...started(message),
    ...{ type: 'retried', failure, delayMs: 1, version: '1.0' },
  });
  const connection = openConnection(file);
  onTestFinished(() => connection.close());
  connection.exec(
    `CREATE TRIGGER refused BEFORE INSERT ON job WHEN NEW.id = '${bad.id}' BEGIN SELECT RAISE(ABORT, 'refused'); END`,
  );

  await expect(store.apply([failed(good), failed(bad)])).rejects.toThrow('refused');
  await store.apply([failed(good)]);

  expect(connection.prepare('SELECT version FROM failure_version').all()).toEqual([['1.0']]);
});

test('the groups of an earlier file have the versions of the newest failed attempts', async () => {
  const file = await freshFile();
  const { store } = await openDatabase(file);
  const message = sampleMessage('q');
  const failed = (attempt: number, version: string): JobEvent => ({
    ...started({ ...message, attempt }),
    ...{ type: 'retried', failure, delayMs: 1, version, at: attempt },
  });
  await store.apply([failed(1, '1.0')]);
  await store.apply([failed(2, '1.1')]);
  const connection = openConnection(file);
  onTestFinished(() => connection.close());

  connection.exec(`DROP TABLE failure_version; ${FAILURE_VERSION_TABLES}`);

  expect(connection.prepare('SELECT version, first_seen_at FROM failure_version').all()).toEqual([
    ['1.1', 2],
  ]);
});
