export { backUpDatabase } from '@leveret/sqlite';
