import { join } from 'node:path';
import {
  describeAccountStoreContract,
  describeBrokerContract,
  describeJobStoreContract,
  type KeptDeadLetter,
} from '@leveret/testing';
import { occupy } from '../fixtures/occupy.ts';
import { makeFolder } from '../fixtures/temporary-database.ts';
import { openSqliteDatabase } from './database.ts';
import { openConnection } from './file/libsql.ts';
import { createSqliteAccountStore } from './ledger/account-store.ts';
import { createSqliteJobStore } from './ledger/job-store.ts';
import { openSqliteJobReader } from './reader/job-reader.ts';
import { DEAD_LETTER_COLUMNS, toMessageAndFailure } from './rows/dead-letter-rows.ts';

function deadLettersIn(file: string, queue: string): readonly KeptDeadLetter[] {
  const connection = openConnection(file);
  const rows = connection
    .prepare(`SELECT ${DEAD_LETTER_COLUMNS} FROM dead_letter WHERE queue = ? ORDER BY seq`)
    .all(queue);
  connection.close();
  return rows
    .map(toMessageAndFailure)
    .map(({ message, failure }) => ({ ...message, failure, maxAttempts: message.maxAttempts }));
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

describeAccountStoreContract('sqlite', async () => {
  const { folder, dispose } = await makeFolder();
  const file = join(folder, 'leveret.db');
  const own = await openSqliteDatabase({ file });
  const databases = [own];
  return {
    async open(clock) {
      const database = await openSqliteDatabase({ file });
      databases.push(database);
      return createSqliteAccountStore({ database, clock });
    },
    audit: (limit) => own.call('audit', { limit }),
    async dispose() {
      await Promise.all(databases.map((database) => database.close()));
      await dispose();
    },
  };
});
