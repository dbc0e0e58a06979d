export { createSqliteBroker, SQLITE_NAME, type SqliteBrokerOptions } from './broker/broker.ts';
export { openSqliteDatabase, type SqliteDatabase, type SqliteOptions } from './database.ts';
export { type BackupOptions, type BackupReport, backUpDatabase } from './file/backup.ts';
export { type FileLock, lockFile } from './file/lock-file.ts';
export { createSqliteAccountStore, type SqliteAccountStoreOptions } from './ledger/account-store.ts';
export { type LedgerContents, readContents } from './ledger/contents.ts';
export { createSqliteJobStore, type SqliteJobStoreOptions } from './ledger/job-store.ts';
export { openSqliteJobReader, type SqliteJobReaderOptions } from './reader/job-reader.ts';
