import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@leveret/core';
import { createSqliteJobStore, openSqliteDatabase } from '@leveret/sqlite';
import { sampleEntry, sampleMessage } from '@leveret/testing';
import { Command } from 'commander';
import { expect, onTestFinished, test, vi } from 'vitest';
import { databaseFromEnvironment } from '../config.ts';
import { addBackupCommand } from './command.ts';

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-cli-backup-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function runBackup(...args: readonly string[]): Promise<unknown> {
  const program = new Command();
  addBackupCommand(program);
  return program.parseAsync(['backup', ...args], { from: 'user' });
}

test('a backup tells where the copy is and how large, and is refused when the copy exists', async () => {
  const folder = await freshFolder();
  const file = join(folder, 'leveret.db');
  const database = await openSqliteDatabase({ file });
  onTestFinished(() => database.close());
  const printed: string[] = [];
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  onTestFinished(() => out.mockRestore());
  const to = join(folder, 'copy.db');

  await runBackup(to, '--database', file);
  await expect(runBackup(to, '--database', file)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });

  expect(printed.join('')).toMatch(/copy\.db: 0\.\d MB, checked, in \d+\.\d s/);
});

test('the backup of backup.md is made while the file is in use, and restored as the page says', async () => {
  const page = await readFile(new URL('../../../../docs/backup.md', import.meta.url), 'utf8');
  const [, line = ''] = /^npm run leveret -- (backup .*)$/m.exec(page) ?? [];
  const folder = await freshFolder();
  const file = join(folder, 'leveret.db');
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  onTestFinished(() => out.mockRestore());
  vi.stubEnv('LEVERET_DATA_DIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const [before, after] = [sampleMessage('mail'), sampleMessage('mail')];
  const database = await openSqliteDatabase({ file, logger: silentLogger });
  const store = createSqliteJobStore({ database });
  await store.accept([sampleEntry(before)]);

  const [, to = ''] = line.replace('/backups', folder).split(' ');
  await runBackup(to);
  await store.accept([sampleEntry(after)]);
  await database.close();
  for (const suffix of ['', '-wal', '-shm']) await rm(`${file}${suffix}`, { force: true });
  await copyFile(to, file);

  const restored = await openSqliteDatabase({ file, logger: silentLogger });
  onTestFinished(() => restored.close());
  const jobs = createSqliteJobStore({ database: restored });
  expect(await jobs.get(before.id)).toMatchObject({ id: before.id });
  expect(await jobs.get(after.id)).toBeUndefined();
});

test('a database that is not there is named, with the way to name another one', async () => {
  const file = join(await freshFolder(), 'none.db');

  await expect(runBackup(`${file}.copy`, '--database', file)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('--database'),
  });
});

test('the database is that of LEVERET_STORE_URL, or else the one in the data folder', () => {
  expect(databaseFromEnvironment({ LEVERET_STORE_URL: 'sqlite:./x.db' })).toBe('./x.db');
  expect(databaseFromEnvironment({ LEVERET_DATA_DIR: '/var/data' })).toBe('/var/data/leveret.db');
  expect(databaseFromEnvironment({})).toBe('data/leveret.db');
});
