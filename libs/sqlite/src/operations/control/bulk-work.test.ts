import type { JobEvent } from '@leveret/core';
import { sampleEntry, sampleMessage, started } from '@leveret/testing';
import { expect, test } from 'vitest';
import { startProcess } from '../../../fixtures/processes.ts';
import { freshFile, openDatabase } from '../../../fixtures/temporary-database.ts';
import { openConnection } from '../../file/libsql.ts';

const author = { by: 'ann', reason: 'a test' } as const;

/** A file with so many dead jobs, and an operation on them that runs. */
async function deadJobs(count: number) {
  const file = await freshFile();
  const { store } = await openDatabase(file);
  const messages = Array.from({ length: count }, () => sampleMessage('q'));
  const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;
  await store.accept(messages.map((message) => sampleEntry(message)));
  await store.apply(
    messages.map((message): JobEvent => ({ ...started(message), type: 'dead-lettered', failure })),
  );
  const { id: operationId } = await store.createOperation({ action: 'retry', selection: 'all', ...author });
  await store.addToOperation(
    operationId,
    messages.map(({ id }) => id),
  );
  await store.runOperation(operationId);
  return { file, store, messages, operationId };
}

test('a job that the ledger cannot change fails alone, and stays as it was', async () => {
  const { file, store, messages, operationId } = await deadJobs(3);
  const bad = messages[1]?.id ?? '';
  const connection = openConnection(file);
  connection.exec(
    `CREATE TRIGGER refuse BEFORE INSERT ON audit WHEN NEW.job_id = '${bad}' BEGIN SELECT RAISE(ABORT, 'no room for it'); END`,
  );
  const before = await store.get(bad);

  const { operation, answers } = await store.workOperation({
    operationId,
    holder: 'a',
    leaseMs: 1,
    limit: 10,
  });

  connection.exec('DROP TRIGGER refuse');
  connection.close();
  expect(operation).toMatchObject({ state: 'done', done: 2, failed: 1 });
  expect(answers.map(({ jobId }) => jobId)).toEqual([messages[0]?.id, messages[2]?.id]);
  expect(await store.operationItems(operationId, 2, 1)).toMatchObject([
    { jobId: bad, outcome: 'failed', reason: expect.stringContaining('no room for it') },
  ]);
  expect(await store.get(bad)).toEqual(before);
  const { superseded } = await store.view({ instanceId: 'i', queues: ['q'], afterSeq: 0 });
  expect(superseded.map(({ jobId }) => jobId)).toEqual([messages[0]?.id, messages[2]?.id]);
});

test('a process that is killed has done each job of its operation whole or not at all, and the next one goes on', async () => {
  const { file, store, messages, operationId } = await deadJobs(400);
  const connection = openConnection(file);
  const countAll = connection.prepare(
    `SELECT (SELECT done FROM operation), (SELECT count(*) FROM operation_item WHERE outcome = 'done'),
       (SELECT count(*) FROM job WHERE generation = 1 AND state = 'queued' AND undispatched_at IS NOT NULL),
       (SELECT count(*) FROM superseded), (SELECT count(*) FROM audit WHERE action = 'retry'), (SELECT seq FROM control_seq),
       (SELECT sum(count) FROM counter WHERE state = 'queued')`,
  );

  for (const printed of [1, 4, 9]) {
    await using operator = await startProcess('./operating-process.ts', file);
    for (let line = 0; line < printed; line += 1) await operator.line();
    await operator.kill();

    const counts = countAll.get() ?? [];
    expect(counts[0]).toBeGreaterThanOrEqual(printed);
    expect(new Set(counts).size).toBe(1);
  }
  connection.close();
  await store.workOperation({ operationId, holder: 'operator', leaseMs: 1, limit: 400 });

  expect(await store.operation(operationId)).toMatchObject({ state: 'done', done: 400 });
  for (const { id } of messages)
    expect(await store.get(id)).toMatchObject({ state: 'queued', generation: 1 });
});
