export { type BackupOptions, type BackupReport, backUpDatabase } from './backup.ts';
export { createSqliteBroker, type SqliteBrokerOptions } from './broker.ts';
export { openSqliteDatabase, type SqliteDatabase, type SqliteOptions } from './database.ts';
export { createSqliteJobStore, type SqliteJobStoreOptions } from './job-store.ts';
export { type FileLock, lockFile } from './lock-file.ts';
