import { expect, onTestFinished, test } from 'vitest';
import { freshFile, openDatabase } from '../../../fixtures/temporary-database.ts';
import { openConnection, type SqlConnection } from '../../file/libsql.ts';
import { createAudit } from './audit.ts';

/** The audit of a new file, and the statements that it has prepared. */
async function openAudit() {
  const file = await freshFile();
  await openDatabase(file);
  const connection = openConnection(file);
  onTestFinished(() => connection.close());
  const statements: string[] = [];
  const spy: SqlConnection = {
    ...connection,
    prepare(sql) {
      statements.push(sql);
      return connection.prepare(sql);
    },
  };
  return { audit: createAudit(spy), connection, statements };
}

test('each list reads only its own entries, by an index that has them in order', async () => {
  const { connection, statements } = await openAudit();

  const plans = statements
    .filter((sql) => sql.startsWith('SELECT'))
    .map((sql) =>
      connection
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(([, , , detail]) => String(detail)),
    );

  expect(plans).toEqual([
    [expect.stringMatching(/^SEARCH audit USING INDEX audit_without_items \(seq<\?\)$/)],
    [expect.stringMatching(/^SEARCH audit USING INDEX audit_operation \(operation_id=\? AND seq<\?\)$/)],
    [expect.stringMatching(/^SEARCH audit USING INDEX audit_job \(job_id=\? AND seq<\?\)$/)],
    [expect.stringMatching(/^SEARCH audit USING COVERING INDEX audit_at \(at<\?\)$/)],
  ]);
});

test('what was done before an operation on many jobs is on the same page as the operation', async () => {
  const { audit } = await openAudit();
  const shared = { by: 'ann', operationId: '0198c0de-0000-7000-8000-000000000001' };
  audit.add({ at: 1, by: 'ann', action: 'pause', queue: 'mail' });
  audit.add({ ...shared, at: 2, action: 'start-operation' });
  for (let number = 0; number < 1_000; number += 1)
    audit.add({ ...shared, at: 3, action: 'retry', jobId: `job-${number}`, before: 'dead', after: 'queued' });

  const actionsOf = (beforeAt?: number) =>
    audit.list({ limit: 2, ...(beforeAt === undefined ? {} : { beforeAt }) }).map(({ action }) => action);

  expect(actionsOf()).toEqual(['start-operation', 'pause']);
  expect(actionsOf(4)).toEqual(['start-operation', 'pause']);
  expect(actionsOf(2)).toEqual(['pause']);
});
