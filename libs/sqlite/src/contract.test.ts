import { join } from 'node:path';
import { readFailureDetails } from '@leveret/core';
import { describeBrokerContract, describeJobStoreContract, type KeptDeadLetter } from '@leveret/testing';
import { occupy } from '../fixtures/occupy.ts';
import { makeFolder } from '../fixtures/temporary-database.ts';
import { openSqliteDatabase } from './database.ts';
import { openConnection } from './file/libsql.ts';
import { createSqliteJobStore } from './ledger/job-store.ts';
import { openSqliteJobReader } from './reader/job-reader.ts';
import { toHeaders } from './rows/message-rows.ts';

function deadLettersIn(file: string, queue: string): readonly KeptDeadLetter[] {
  const connection = openConnection(file);
  const rows = connection
    .prepare(
      'SELECT id, priority, max_attempts, crashes, snoozes, generation, headers, body, failure_code, failure_message, failure_details FROM dead_letter WHERE queue = ? ORDER BY seq',
    )
    .all(queue);
  connection.close();
  return rows.map(([id, priority, maxAttempts, crashes, snoozes, generation, headers, body, ...failed]) => ({
    id: String(id),
    priority: priority as KeptDeadLetter['priority'],
    maxAttempts: typeof maxAttempts === 'number' ? maxAttempts : undefined,
    crashes: Number(crashes),
    snoozes: Number(snoozes),
    generation: Number(generation),
    headers: toHeaders(headers),
    body: body as Uint8Array,
    failure: {
      code: failed[0] as KeptDeadLetter['failure']['code'],
      message: String(failed[1]),
      ...readFailureDetails(failed[2]),
    },
  }));
}

describeBrokerContract('sqlite', async () => {
  const { folder, dispose } = await makeFolder();
  const file = join(folder, 'leveret.db');
  return {
    module: new URL('../fixtures/open-broker.ts', import.meta.url).href,
    options: file,
    deadLetters: async (queue) => deadLettersIn(file, queue),
    dispose,
  };
});

describeJobStoreContract('sqlite', async () => {
  const { folder, dispose } = await makeFolder();
  const file = join(folder, 'leveret.db');
  const databases: { close(): Promise<void> }[] = [];
  return {
    async open(clock) {
      const database = await openSqliteDatabase({ file });
      databases.push(database);
      return createSqliteJobStore({ database, clock });
    },
    openReader: () => openSqliteJobReader({ file }),
    occupy: () => occupy(file),
    async dispose() {
      await Promise.all(databases.map((database) => database.close()));
      await dispose();
    },
  };
});
